/** Tables as CSV (RFC 4180), safe to open in a spreadsheet. */

/** What a spreadsheet would take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** Text that somebody else may have written: never a formula, quoted where it must be. */
export function csvText(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export interface CsvColumn<T> {
  header: string;
  /** Text is made safe; a number is written as it is. Money comes as text of digits: `exactMoney`. */
  cell: (row: T) => string | number;
}

/** The rows under their headers; begins with a byte order mark, without which Excel guesses the encoding. */
export function toCsv<T>(columns: readonly CsvColumn<T>[], rows: readonly T[]): string {
  const lines = [
    columns.map(({ header }) => csvText(header)),
    ...rows.map((row) => columns.map(({ cell }) => write(cell(row)))),
  ];
  return `\uFEFF${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

/** A negative amount begins like a formula and is none. */
const isNumber = (value: string | number) => /^-?\d+(\.\d+)?$/.test(String(value));

const write = (value: string | number) => (isNumber(value) ? String(value) : csvText(String(value)));
