/** The vectors that pytest reads too. */
import { readFileSync } from "node:fs";

export function vectors<T>(path: string): T[] {
  return JSON.parse(
    readFileSync(new URL(`../../tests/vectors/${path}`, import.meta.url), "utf8"),
  ) as T[];
}
