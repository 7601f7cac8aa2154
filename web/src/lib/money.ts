/** Formats money. Amounts are US dollars, exact to the nano-dollar. */

const NANOS = 1e9;

/** An amount in whole nano-dollars. */
export const nanos = (dollars: number) => Math.round(dollars * NANOS);

/** Adds amounts without rounding errors. */
export const sumMoney = (amounts: readonly number[]) =>
  amounts.reduce((total, amount) => total + nanos(amount), 0) / NANOS;

/**
 * An amount with as many digits as it needs, so that a small amount is not shown as $0.00. Below a
 * dollar it has six decimals, or nine if they differ from zero; above a dollar four.
 */
export function formatMoney(dollars: number): string {
  const amount = nanos(dollars);
  const sign = amount < 0 ? "−" : "";
  const size = Math.abs(amount);
  if (size === 0) return "$0.00";
  if (size >= NANOS) {
    const digits = size >= 1000 * NANOS ? 2 : 4;
    const shown = (size / NANOS).toLocaleString("en-US", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    return `${sign}$${shown}`;
  }
  const decimals = String(size).padStart(9, "0");
  return `${sign}$0.${decimals.endsWith("000") ? decimals.slice(0, 6) : decimals}`;
}

/** A shorter form: from a tenth of a cent on it is rounded to a millionth of a dollar. */
export const roundMoney = (dollars: number) =>
  formatMoney(Math.abs(dollars) < 0.001 ? dollars : Math.round(dollars * 1e6) / 1e6);

/** All digits, for tooltips and files. */
export function exactMoney(dollars: number): string {
  const amount = nanos(dollars);
  const size = Math.abs(amount);
  const whole = Math.floor(size / NANOS);
  return `${amount < 0 ? "-" : ""}${whole}.${String(size % NANOS).padStart(9, "0")}`;
}

/** A very short form, for the axis of a chart. */
export function shortMoney(dollars: number): string {
  if (dollars === 0) return "$0";
  if (Math.abs(dollars) >= 1000) return `$${(dollars / 1000).toFixed(1)}k`;
  return `$${Number(dollars.toPrecision(3))}`.replace("e-", "e−");
}
