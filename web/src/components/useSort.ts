/** Sorts the rows of a table by the column in the address. */
import { useAddress } from "@/lib/address";
import { readSort, sortRows, writeSort, type Sort } from "@/lib/sort";
import type { Column } from "./Table";

interface Sorting<T> {
  /** The order in force; null: the order of the list itself. */
  sort: Sort | null;
  onSort: (next: Sort | null) => void;
  sorted: (rows: readonly T[]) => readonly T[];
}

/** The address holds the order as `sort`. A new order starts at the first page (`page`). */
export function useSort<T>(columns: readonly Column<T>[]): Sorting<T> {
  const address = useAddress();
  const wished = readSort(address.get("sort"));
  const value = columns.find(({ sort }) => sort !== undefined && sort.id === wished?.by)?.sort?.value;
  const sort = value ? wished : null;
  return {
    sort,
    onSort: (next) => address.set({ sort: writeSort(next), page: null }),
    sorted: (rows) => (value && sort ? sortRows(rows, value, sort.descending) : rows),
  };
}
