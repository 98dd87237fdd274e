import { describe, expect, it } from "vitest";
import type { Gesture, History, SessionInfo } from "../../src/protocol/messages.js";
import { reportIsNew, reportKey } from "../../src/state/report.js";

const session = { dataset: "birds", n_items: 60, role: "owner", read_only: false } as SessionInfo;
const history = (...by: string[]) =>
  ({ gestures: by.map((client) => ({ by: client }) as Gesture) }) as History;

describe("the report of the import", () => {
  it("is shown to the owner until somebody works on the data", () => {
    expect(reportIsNew(session, history(), "")).toBe(true);
    expect(reportIsNew(session, history("import", "import"), "")).toBe(true);
    expect(reportIsNew(session, history("import", "page-1"), "")).toBe(false);
  });

  it("is not shown again after it was closed, nor to visitors", () => {
    expect(reportIsNew(session, history(), reportKey(session))).toBe(false);
    expect(reportIsNew({ ...session, n_items: 61 }, history(), reportKey(session))).toBe(true);
    expect(reportIsNew({ ...session, role: "viewer" }, history(), "")).toBe(false);
    expect(reportIsNew({ ...session, read_only: true }, history(), "")).toBe(false);
  });
});
