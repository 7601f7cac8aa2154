/** Parts of a whole as one bar. The legend is a table. */
import type { ReactNode } from "react";
import { formatPercent } from "@/lib/format";
import { colorOf } from "./ChartFrame";

export interface Share {
  label: string;
  value: number;
  color: 1 | 2 | 3 | 4 | 5 | 6 | 7;
}

interface Props {
  label: string;
  shares: readonly Share[];
  format: (value: number) => ReactNode;
}

export function ShareBar({ label, shares, format }: Props) {
  const whole = shares.reduce((sum, { value }) => sum + value, 0);
  const percent = (value: number) => (whole === 0 ? 0 : (value * 100) / whole);
  return (
    <div>
      <div aria-hidden className="flex h-4 gap-0.5 overflow-hidden rounded-full bg-sunken">
        {shares.map(({ label, value, color }) =>
          value > 0 ? (
            <div key={label} style={{ width: `${percent(value)}%`, minWidth: 2, background: colorOf(color) }} />
          ) : null,
        )}
      </div>
      <table className="mt-3 w-full text-sm">
        <caption className="sr-only">{label}</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">Part</th>
            <th scope="col">Amount</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {shares.map(({ label, value, color }) => (
            <tr key={label} className="border-b border-line last:border-0">
              <th scope="row" className="py-1.5 text-left font-normal">
                <span className="flex items-center gap-2">
                  <svg aria-hidden width="10" height="10">
                    <rect width="10" height="10" rx="2" fill={colorOf(color)} />
                  </svg>
                  {label}
                </span>
              </th>
              <td className="numeric text-right">{format(value)}</td>
              <td className="numeric w-16 text-right text-muted">{formatPercent(percent(value))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
