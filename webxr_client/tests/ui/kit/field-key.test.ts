import { expect, it } from "vitest";
import { fieldKey } from "../../../src/ui/kit/field-key.js";

const press = (fields: Partial<KeyboardEvent>) =>
  ({ key: "Enter", isComposing: false, keyCode: 13, ...fields }) as KeyboardEvent;

it("Enter ends the input of a field", () => {
  expect(fieldKey(press({}))).toBe("Enter");
  expect(fieldKey(press({ key: "Escape", keyCode: 27 }))).toBe("Escape");
});

it("Enter of an input method accepts its characters only", () => {
  expect(fieldKey(press({ isComposing: true }))).toBeNull();
  expect(fieldKey(press({ keyCode: 229 })), "Safari").toBeNull();
});
