/** Numbers formatted for the user. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const count = (n: number): string => whole.format(n);
export const percent = (share: number, digits = 0): string => `${(100 * share).toFixed(digits)} %`;
