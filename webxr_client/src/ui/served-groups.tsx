/** Groups of panels of a page with a server, one group for each place of the page. */
import { DevicesDialog, WaitingDevices } from "./access/devices.js";
import { PeerCalls } from "./people/peer-calls.js";
import { PeopleLine, PeoplePanel } from "./people/people-line.js";
import { ContactSheet } from "./review/contact-sheet.js";
import { Guide } from "./review/guide.js";
import { RulesLine } from "./rules/rules-line.js";
import { ExampleDrop } from "./selection/example-file.js";
import { ExportDialog } from "./shell/export-dialog.js";
import { Dials } from "./training/dials.js";

/** Notices that need an answer. */
export const Requests = () => (
  <>
    <WaitingDevices />
    <PeerCalls />
  </>
);

/** Line of the side panel with rules and people. */
export const SideLines = () => (
  <div class="side-lines">
    <RulesLine />
    <PeopleLine />
  </div>
);

/** Panels over the lower edge of the cloud. */
export const OverCloud = () => (
  <>
    <Guide />
    <ContactSheet />
    <Dials />
  </>
);

/** Dialogs, and panels beside the side panel. */
export const Dialogs = () => (
  <>
    <PeoplePanel />
    <ExampleDrop />
    <ExportDialog />
    <DevicesDialog />
  </>
);
