/** Test vectors, which the tests of the server read too. */
import { readFileSync } from "node:fs";

export function vectors<T>(path: string): T[] {
  return JSON.parse(
    readFileSync(new URL(`../../tests/vectors/${path}`, import.meta.url), "utf8"),
  ) as T[];
}
