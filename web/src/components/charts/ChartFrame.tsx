/** The frame of every chart: a legend that does not depend on colour, and the data as a table. */
import { Table2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../Button";

export interface Series<T> {
  label: string;
  value: (point: T) => number | null;
  /** 1 to 6. */
  color: 1 | 2 | 3 | 4 | 5 | 6;
}

/** Lines differ in their dashes too, not only in colour. */
export const DASHES = ["", "6 3", "2 3", "8 3 2 3", "1 4", "10 4"];

export const colorOf = (color: number) => `var(--chart-${color})`;

interface Props<T> {
  label: string;
  height: number;
  points: readonly T[];
  series: readonly Series<T>[];
  /** The header and the cells of the first column of the table. */
  axis: string;
  axisText: (point: T) => string;
  format: (value: number) => string;
  /** The text without any points. */
  empty: string;
  bars?: boolean;
  children: ReactNode;
}

export function ChartFrame<T>(props: Props<T>) {
  const { label, height, points, series, axis, axisText, format, empty, bars = false, children } = props;
  const [asTable, setAsTable] = useState(false);
  return (
    <figure aria-label={label} className="m-0 min-w-0">
      <div className="mb-2 flex min-h-8 items-start justify-between gap-3">
        <ul aria-hidden className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-muted">
          {series.map(({ label, color }, index) => (
            <li key={label} className="flex items-center gap-1.5">
              <svg width="20" height="10">
                {bars ? (
                  <rect x="5" width="10" height="10" rx="2" fill={colorOf(color)} />
                ) : (
                  <line x1="0" x2="20" y1="5" y2="5" stroke={colorOf(color)} strokeWidth="2.5" strokeDasharray={DASHES[index]} />
                )}
              </svg>
              {label}
            </li>
          ))}
        </ul>
        <Button
          small
          look="ghost"
          aria-pressed={asTable}
          aria-label={`Show ${label} as a table`}
          icon={<Table2 aria-hidden className="size-4" />}
          className="aria-pressed:bg-accent-soft aria-pressed:text-accent"
          onClick={() => setAsTable(!asTable)}
        >
          Table
        </Button>
      </div>
      <div style={{ height }} className="relative">
        {points.length === 0 ? (
          <p className="flex h-full items-center justify-center rounded-lg border border-dashed border-line px-4 text-center text-sm text-muted">
            {empty}
          </p>
        ) : asTable ? (
          <ChartTable {...{ label, points, series, axis, axisText, format }} />
        ) : (
          <div role="img" aria-label={`${label}: a chart. The button before it shows the data as a table.`} className="h-full">
            {children}
          </div>
        )}
      </div>
    </figure>
  );
}

type TableProps<T> = Pick<Props<T>, "label" | "points" | "series" | "axis" | "axisText" | "format">;

function ChartTable<T>({ label, points, series, axis, axisText, format }: TableProps<T>) {
  return (
    // An element that scrolls must be reachable by keyboard.
    <div role="group" aria-label={`${label}, table`} tabIndex={0} className="h-full overflow-auto rounded-lg border border-line">
      <table className="numeric w-full text-sm">
        <caption className="sr-only">{label}</caption>
        <thead className="sticky top-0 bg-sunken text-muted">
          <tr>
            <th scope="col" className="px-3 py-1 text-left font-medium">
              {axis}
            </th>
            {series.map(({ label }) => (
              <th key={label} scope="col" className="px-3 py-1 text-right font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.map((point, index) => (
            <tr key={index} className="border-t border-line">
              <th scope="row" className="px-3 py-1 text-left font-normal whitespace-nowrap">
                {axisText(point)}
              </th>
              {series.map(({ label, value }) => {
                const number = value(point);
                return (
                  <td key={label} className="px-3 py-1 text-right">
                    {number === null ? "no data" : format(number)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
