/** A table with its states: loading, empty, error. */
import type { ReactNode } from "react";
import { ErrorState } from "./States";

export interface Column<T> {
  header: string;
  cell: (row: T) => ReactNode;
  /** Numbers stand at the right. */
  right?: boolean;
  /** From which width on it is shown; always when not given. */
  from?: "sm" | "md" | "lg" | "xl";
}

const FROM = { sm: "hidden sm:table-cell", md: "hidden md:table-cell", lg: "hidden lg:table-cell", xl: "hidden xl:table-cell" };

interface Props<T> {
  /** What it is called. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[] | undefined;
  rowKey: (row: T) => string;
  error?: unknown;
  onRetry?: () => void;
  empty: ReactNode;
  /** How many rows to keep room for while it loads. */
  expect?: number;
}

export function Table<T>({ label, columns, rows, rowKey, error, onRetry, empty, expect = 5 }: Props<T>) {
  if (rows === undefined && error) return <ErrorState error={error} {...(onRetry ? { onRetry } : {})} />;
  if (rows?.length === 0) return <>{empty}</>;
  const cell = (column: Column<T>) =>
    `px-2 sm:px-3 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5 ${column.right ? "text-right numeric whitespace-nowrap" : "text-left"} ${
      column.from ? FROM[column.from] : ""
    }`;
  return (
    // What scrolls must be reachable by keyboard.
    <div role="group" aria-label={label} tabIndex={0} className="relative overflow-x-auto rounded-b-xl">
      <table className="w-full border-collapse text-sm" aria-busy={rows === undefined}>
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr className="border-b border-line text-muted">
            {columns.map((column) => (
              <th key={column.header} scope="col" className={`h-9 font-medium whitespace-nowrap ${cell(column)}`}>
                {column.header}
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
