/** A table, with what it shows while it loads, when it is empty and when loading fails. */
import type { ReactNode } from "react";
import type { Sort, SortValue } from "@/lib/sort";
import { ErrorState } from "./States";
import { SortHeader } from "./SortHeader";

const FROM = {
  sm: "hidden sm:table-cell",
  md: "hidden md:table-cell",
  lg: "hidden lg:table-cell",
  xl: "hidden xl:table-cell",
  /** For tables with nine columns, which do not fit into `xl` beside the navigation. */
  wide: "hidden min-[1440px]:table-cell",
  "2xl": "hidden 2xl:table-cell",
};

export interface Column<T> {
  header: string;
  cell: (row: T) => ReactNode;
  /** Aligns the column right, for numbers. */
  right?: boolean;
  /** The narrowest screen that shows the column; every screen when absent. */
  from?: keyof typeof FROM;
  /** Makes the column sortable. `id` names it in the address. */
  sort?: { id: string; value: (row: T) => SortValue };
}

interface Props<T> {
  /** The accessible name of the table. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[] | undefined;
  rowKey: (row: T) => string;
  error?: unknown;
  onRetry?: () => void;
  empty: ReactNode;
  /** How many placeholder rows to show while the rows load. */
  expect?: number;
  /** The order of the rows, which the caller has sorted (`useSort`). */
  sort?: Sort | null;
  onSort?: (next: Sort | null) => void;
}

export function Table<T>({ label, columns, rows, rowKey, error, onRetry, empty, expect = 5, sort = null, onSort }: Props<T>) {
  if (rows === undefined && error) return <ErrorState error={error} {...(onRetry ? { onRetry } : {})} />;
  if (rows?.length === 0) return <>{empty}</>;
  const cell = (column: Column<T>) =>
    `px-1.5 sm:px-3 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5 ${column.right ? "text-right numeric whitespace-nowrap" : "text-left"} ${
      column.from ? FROM[column.from] : ""
    }`;
  const direction = (column: Column<T>) =>
    column.sort && sort?.by === column.sort.id ? (sort.descending ? "descending" : "ascending") : undefined;
  return (
    // An element that scrolls must be reachable by keyboard.
    <div role="group" aria-label={label} tabIndex={0} className="relative overflow-x-auto rounded-b-xl">
      <table className="w-full border-collapse text-sm" aria-busy={rows === undefined}>
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr className="border-b border-line text-muted">
            {columns.map((column) => (
              <th key={column.header} scope="col" aria-sort={direction(column)} className={`h-9 font-medium whitespace-nowrap ${cell(column)}`}>
                {column.sort && onSort ? (
                  <SortHeader header={column.header} id={column.sort.id} right={column.right ?? false} sort={sort} onSort={onSort} />
                ) : (
                  column.header
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows
            ? rows.map((row) => (
                <tr key={rowKey(row)} className="border-b border-line last:border-0 hover:bg-sunken">
                  {columns.map((column) => (
                    <td key={column.header} className={`h-11 py-1.5 ${cell(column)}`}>
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              ))
            : Array.from({ length: expect }, (_, row) => (
                <tr key={row} className="border-b border-line last:border-0">
                  {columns.map((column) => (
                    <td key={column.header} className={`h-11 ${cell(column)}`}>
                      <div className="h-4 animate-pulse rounded bg-sunken" />
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
    </div>
  );
}
