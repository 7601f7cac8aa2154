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

/** `name`: the parameter of the address. A list with pages goes back to its first page (`page`). */
export function useSort<T>(columns: readonly Column<T>[], name = "sort"): Sorting<T> {
  const address = useAddress();
  const wished = readSort(address.get(name));
  const value = columns.find(({ sort }) => sort !== undefined && sort.id === wished?.by)?.sort?.value;
  const sort = value ? wished : null;
  return {
    sort,
    onSort: (next) => address.set({ [name]: writeSort(next), page: null }),
    sorted: (rows) => (value && sort ? sortRows(rows, value, sort.descending) : rows),
  };
}
