/**
 * Panels of a page with a server. They are a separate chunk of the bundle, which a baked site does
 * not have: panels that change the session, its training or its devices.
 */
export { DevicesDialog, WaitingDevices } from "./access/devices.js";
export { PairingPage } from "./access/pairing.js";
export { ColumnLegend } from "./classes/column-legend.js";
export { ContactSheet } from "./review/contact-sheet.js";
export { Guide } from "./review/guide.js";
export { NextStep } from "./review/next-step.js";
export { KeepRule } from "./rules/keep-rule.js";
export { RulesLine } from "./rules/rules-line.js";
export { WhyLabel } from "./rules/why-label.js";
export { Composition } from "./selection/composition.js";
export { ExampleDrop, ExampleFile } from "./selection/example-file.js";
export { SelectionViews } from "./selection/selection-views.js";
export { DataReport } from "./shell/data-report.js";
export { ExportDialog } from "./shell/export-dialog.js";
export { Progress } from "./timeline/progress.js";
export { Dials } from "./training/dials.js";
