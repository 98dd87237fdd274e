/** Numbers as a person reads them. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const count = (n: number): string => whole.format(n);
export const items = (n: number): string => `${count(n)} ${n === 1 ? "item" : "items"}`;
export const percent = (share: number, digits = 0): string => `${(100 * share).toFixed(digits)} %`;

/** Three significant figures, without an exponent for what training shows. */
export function loss(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}
