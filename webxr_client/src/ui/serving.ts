/**
 * Panels of a page with a server. They are a separate chunk of the bundle, which a baked site does
 * not have: panels that change the session, its training or its devices.
 */
import "./served.css";

export { PairingPage } from "./access/pairing.js";
export { BeforeLabel } from "./before-label.js";
export { ColumnLegend } from "./classes/column-legend.js";
export { NextStep } from "./review/next-step.js";
export { Queues } from "./review/queues.js";
export { WhyLabel } from "./rules/why-label.js";
export { Composition } from "./selection/composition.js";
export { ExampleFile } from "./selection/example-file.js";
export { Accept, LabelHint, MoreLike } from "./selection/label-actions.js";
export { SelectionViews } from "./selection/selection-views.js";
export { TextLines } from "./selection/text-lines.js";
export { Dialogs, OverCloud, Requests, SideLines } from "./served-groups.js";
export { DataReport } from "./shell/data-report.js";
export { ServedTools } from "./shell/served-tools.js";
export { Progress } from "./timeline/progress.js";
export { Untrained } from "./timeline/untrained.js";
