import { expect, it } from "vitest";
import type { SessionInfo, Training } from "../../src/protocol/messages.js";
import { AppState } from "../../src/state/app-state.js";

function lost(training: Training["state"], readOnly: boolean): AppState {
  const state = new AppState();
  state.training.value = { state: training } as Training;
  state.session.value = { read_only: readOnly } as SessionInfo;
  state.connection.value = { ...state.connection.value, status: "waiting" };
  return state;
}

it.each(["running", "absent"] as const)("a lost server is missed: training is %s", (training) => {
  expect(lost(training, false).connected.value).toBe(false);
});
it("a baked site has no server to lose", () => {
  expect(lost("absent", true).connected.value).toBe(true);
});
