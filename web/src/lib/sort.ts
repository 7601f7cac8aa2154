/** The order of a table's rows. */

export interface Sort {
  /** The id of a column. */
  by: string;
  descending: boolean;
}

export type SortValue = string | number | null;

/** Reads `cost` or `-cost`, as the address writes it; null without one. */
export function readSort(text: string | null): Sort | null {
  if (!text || text === "-") return null;
  return text.startsWith("-") ? { by: text.slice(1), descending: true } : { by: text, descending: false };
}

export const writeSort = (sort: Sort | null): string | null => (sort ? `${sort.descending ? "-" : ""}${sort.by}` : null);

const compare = (a: string | number, b: string | number) =>
  typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true, sensitivity: "base" });

/** Sorts a copy. Rows without a value come last in both directions; equal rows keep their order. */
export function sortRows<T>(rows: readonly T[], value: (row: T) => SortValue, descending: boolean): T[] {
  return rows.toSorted((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return descending ? compare(right, left) : compare(left, right);
  });
}
