/** Parts of VR are loaded once, when they are needed, and again after a failure. */
import { signal } from "@preact/signals";
import { expect, it, vi } from "vitest";
import { loadWhen } from "../../../src/interaction/xr/load-when.js";

const settled = () => new Promise((resolve) => setTimeout(resolve));

it("loads when it is needed, once, and tries again after a failure", async () => {
  const rules = signal(0);
  const load = vi.fn(async () => "code");
  load.mockRejectedValueOnce(new Error("no network"));
  const taken: string[] = [];
  const end = loadWhen(
    () => rules.value > 0,
    load,
    (loaded) => taken.push(loaded),
  );
  await settled();
  expect(load).toHaveBeenCalledTimes(0);
  rules.value = 1;
  await settled();
  expect(taken).toEqual([]);
  for (rules.value = 2; rules.value < 5; rules.value += 1) await settled();
  expect([load.mock.calls.length, taken]).toEqual([2, ["code"]]);
  end();
});

it("takes nothing after its end", async () => {
  const taken: string[] = [];
  const end = loadWhen(
    () => true,
    async () => "code",
    (loaded) => taken.push(loaded),
  );
  end();
  await settled();
  expect(taken).toEqual([]);
});
