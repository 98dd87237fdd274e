import { expect, it, vi } from "vitest";
import { type ViewedParts, watchViewed } from "../../src/app/viewed.js";
import { REST_MS } from "../../src/scene/cloud/viewed-items.js";
import { LatentState } from "../../src/state/latent-state.js";

const { shownView } = vi.hoisted(() => ({
  shownView: vi.fn(() => ({
    clipFromScene: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    presenting: false,
  })),
}));
vi.mock("../../src/scene/shown-view.js", () => ({ shownView }));

function page() {
  const sent: unknown[] = [];
  const latent = new LatentState();
  latent.n = 3;
  latent.to = new Uint16Array(12);
  for (const item of [0, 1, 2]) latent.to.set([32_768, 32_768, 32_768, 0], 4 * item);
  const model = { value: true, peek: () => model.value };
  const connection = { streams: 1, sendIfOpen: (operation: unknown) => sent.push(operation) };
  const listeners = new Map<string, (event: { offsetX: number; offsetY: number }) => void>();
  const element = {
    addEventListener: (name: string, listener: () => void) => listeners.set(name, listener),
    clientWidth: 100,
    clientHeight: 100,
  };
  const parts = {
    state: { latent, model, time: { live: { peek: () => true } } },
    stage: { element },
    cloud: {},
    connection,
  } as unknown as ViewedParts;
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const update = watchViewed(parts);
  const rest = () => {
    for (const wait of [0, REST_MS]) {
      now += wait;
      update(false);
    }
  };
  const point = (offsetX: number) => listeners.get("pointermove")?.({ offsetX, offsetY: 50 });
  return { sent, model, connection, latent, update, point, rest };
}

it("sends the items in view once, and again on a new stream", () => {
  const { sent, connection, rest } = page();
  rest();
  rest();
  expect(sent).toEqual([{ op: "set_priority", items: [0, 1, 2] }]);
  connection.streams += 1;
  rest();
  expect(sent.length).toBe(2);
});

it("sends nothing without a trainer", () => {
  const { sent, model, rest } = page();
  model.value = false;
  rest();
  expect(sent).toEqual([]);
});

it("looks at the view only after a change, once the items are sent", () => {
  const { sent, latent, update, point, rest } = page();
  rest();
  const looks = (changed: boolean) => {
    shownView.mockClear();
    update(changed);
    return shownView.mock.calls.length === 1;
  };
  expect([looks(false), looks(true), looks(false)]).toEqual([false, true, false]);
  point(90);
  rest();
  expect(sent.length).toBe(2);
  expect(looks(false)).toBe(false);
  latent.version += 1;
  expect(looks(false)).toBe(true); // waits until it searches again
});
