/** Values over time as lines or stacked bars. Recharts is imported only here. */
import { memo, useMemo } from "react";
import { Bar, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { ChartFrame, colorOf, DASHES, type Series } from "./ChartFrame";
import { ChartTooltip } from "./ChartTooltip";

interface Props<T> {
  label: string;
  points: readonly T[];
  /** The time of a point in ms since 1970, or any other rising number. */
  at: (point: T) => number;
  axis?: string;
  formatAt: (at: number) => string;
  series: readonly Series<T>[];
  format: (value: number) => string;
  /** A shorter format, for the axis. */
  formatShort?: (value: number) => string;
  empty: string;
  bars?: boolean;
  height?: number;
  /** The values are whole numbers. */
  whole?: boolean;
}

type Row = Record<string, number | null> & { at: number };

function TimeChartOf<T>(props: Props<T>) {
  const { label, points, at, formatAt, series, format, empty, bars = false, height = 220, whole = false } = props;
  const rows = useMemo(
    () =>
      points.map((point) => {
        const row: Row = { at: at(point) };
        series.forEach(({ value }, index) => (row[`v${index}`] = value(point)));
        return row;
      }),
    [points, at, series],
  );
  const tick = { fill: "var(--muted)", fontSize: 12 };
  return (
    <ChartFrame
      {...{ label, points, series, format, empty, bars, height }}
      axis={props.axis ?? "Time"}
      axisText={(point) => formatAt(at(point))}
    >
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 600, height }}>
        <ComposedChart data={rows} accessibilityLayer={false} margin={{ top: 6, right: 8, bottom: 0, left: 0 }}>
          <CartesianGrid stroke="var(--border)" vertical={false} />
          <XAxis
            dataKey="at"
            {...(bars ? { type: "category" } : { type: "number", domain: ["dataMin", "dataMax"], scale: "time" })}
            tickFormatter={formatAt}
            tick={tick}
            tickLine={false}
            axisLine={{ stroke: "var(--border)" }}
            minTickGap={48}
          />
          <YAxis
            width={64}
            tickFormatter={props.formatShort ?? format}
            tick={tick}
            tickLine={false}
            axisLine={false}
            allowDecimals={!whole}
            domain={[0, "auto"]}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={bars ? { fill: "var(--sunken)" } : { stroke: "var(--control)" }}
            content={({ active, label: x, payload }) =>
              active && typeof x === "number" ? (
                <ChartTooltip
                  title={formatAt(x)}
                  rows={series.map((one, index) => {
                    const value: unknown = payload.find(({ dataKey }) => dataKey === `v${index}`)?.value;
                    return { label: one.label, color: one.color, text: typeof value === "number" ? format(value) : "no data" };
                  })}
                />
              ) : null
            }
          />
          {series.map(({ label, color }, index) =>
            bars ? (
              <Bar key={label} dataKey={`v${index}`} stackId="all" fill={colorOf(color)} isAnimationActive={false} maxBarSize={40} />
            ) : (
              <Line
                key={label}
                dataKey={`v${index}`}
                stroke={colorOf(color)}
                strokeWidth={2}
                strokeDasharray={DASHES[index] ?? ""}
                dot={rows.length < 3 ? { strokeDasharray: "" } : false}
                isAnimationActive={false}
                connectNulls={false}
              />
            ),
          )}
        </ComposedChart>
      </ResponsiveContainer>
    </ChartFrame>
  );
}

export const TimeChart = memo(TimeChartOf) as typeof TimeChartOf;
