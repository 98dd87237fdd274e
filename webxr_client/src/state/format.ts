/** Numbers formatted for the user. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const count = (n: number): string => whole.format(n);

export const items = (n: number): string => `${count(n)} ${n === 1 ? "item" : "items"}`;

/** Format a share as percent. A share below 1 is never rounded up to 100 %. */
export function percent(share: number, digits = 0): string {
  const text = (100 * share).toFixed(digits);
  const most = share < 1 && Number(text) >= 100 ? 100 - 10 ** -digits : null;
  return `${most === null ? text : most.toFixed(digits)} %`;
}
