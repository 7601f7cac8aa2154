/** Writes tables as CSV (RFC 4180) that is safe to open in a spreadsheet. */

/** The start of a formula in a spreadsheet. */
const FORMULA = /^[=+\-@\t\r]/;

/** Quotes text, and prevents that a spreadsheet runs it as a formula. */
export function csvText(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export interface CsvColumn<T> {
  header: string;
  /** Text is made safe, a number is written as it is. Money is text from `exactMoney`. */
  cell: (row: T) => string | number;
}

/** The headers and the rows, after a byte order mark: without it Excel guesses the encoding. */
export function toCsv<T>(columns: readonly CsvColumn<T>[], rows: readonly T[]): string {
  const lines = [
    columns.map(({ header }) => csvText(header)),
    ...rows.map((row) => columns.map(({ cell }) => write(cell(row)))),
  ];
  return `\uFEFF${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

/** A negative amount starts like a formula, but is a number. */
const isNumber = (value: string | number) => /^-?\d+(\.\d+)?$/.test(String(value));

const write = (value: string | number) => (isNumber(value) ? String(value) : csvText(String(value)));
