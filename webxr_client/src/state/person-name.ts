/** Name of the person at this device, as other people see it. It is asked at pairing. */
import { store, stored } from "./storage.js";

const KEY = "lodespace.name";

/** The stored name; "" before a person has entered one. */
export const personName = (): string => stored(KEY) ?? "";
export const keepPersonName = (name: string): void => store(KEY, name.trim());
