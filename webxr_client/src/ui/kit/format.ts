/** Formatting for the user: losses, and lists of names. */
import { count } from "../../state/format.js";

/** Format a loss: two decimals below 10, one decimal below 100, no decimals from 100 on. */
export function loss(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Join names: "3, 8 or 9". Of six or more names, only four are listed: "0, 1, 2, 3 or 4 more". */
export function list(names: readonly string[]): string {
  if (names.length > 5) return `${names.slice(0, 4).join(", ")} or ${count(names.length - 4)} more`;
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} or ${names[names.length - 1]}`;
}
