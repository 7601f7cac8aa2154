/** The values of the point under the pointer. */
import { colorOf } from "./ChartFrame";

interface Props {
  title: string;
  rows: readonly { label: string; text: string; color: number }[];
}

export function ChartTooltip({ title, rows }: Props) {
  return (
    <div className="rounded-lg border border-line bg-surface px-3 py-2 text-sm shadow-lg">
      <p className="numeric mb-1 text-muted">{title}</p>
      {rows.map(({ label, text, color }) => (
        <p key={label} className="flex items-center justify-between gap-4">
          <span className="flex items-center gap-1.5">
            <svg aria-hidden width="10" height="10">
              <rect width="10" height="10" rx="2" fill={colorOf(color)} />
            </svg>
            {label}
          </span>
          <span className="numeric font-medium">{text}</span>
        </p>
      ))}
    </div>
  );
}
