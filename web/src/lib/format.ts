/** Formats numbers and times. Times are in the time zone of the browser. */

const counts = new Intl.NumberFormat("en-US");

/** 12,345 */
export const formatCount = (value: number) => counts.format(value);

/** 99.5%. Only exactly 0 is shown as 0%, and only exactly 100 as 100%. */
export function formatPercent(value: number): string {
  if (value > 0 && value < 0.01) return "<0.01%";
  if (value > 99.9 && value < 100) return ">99.9%";
  return `${Number(value.toFixed(value < 10 ? 2 : 1))}%`;
}

/** Bytes in suitable units: 1 byte, 512 bytes, 1.2 KiB, 3 MiB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${formatCount(bytes)} bytes`;
  const [value, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "KiB"] : [bytes / (1024 * 1024), "MiB"];
  return `${formatCount(Number(value.toFixed(value < 10 ? 1 : 0)))} ${unit}`;
}

/** Milliseconds in suitable units: 0.042 ms, 12.3 ms, 1.2 s, 2 min 5 s. */
export function formatDuration(ms: number): string {
  if (ms < 1) return `${Number(ms.toFixed(3))} ms`;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(2))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** A short form without line breaks, for the axis of a chart. */
export function shortDuration(ms: number): string {
  const [value, unit] = ms < 1_000 ? [ms, "ms"] : ms < 60_000 ? [ms / 1_000, "s"] : [ms / 60_000, "min"];
  return `${Number(value.toPrecision(3))}\u00a0${unit}`;
}

/** 14:05:09 */
export const formatClock = (at: string | number | Date) =>
  new Date(at).toLocaleTimeString("en-GB", { hour12: false });

/** 14:05 */
export const formatMinute = (at: string | number | Date) => formatClock(at).slice(0, 5);

/** 31 Jan */
export const formatDay = (at: string | number | Date) =>
  new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short" });

/** 31 Jan 2026, 14:05:09 */
export const formatMoment = (at: string | number | Date) =>
  `${new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })}, ${formatClock(at)}`;

/** How long ago a time was: 5 s ago, 3 min ago, otherwise the day, with the year if it is not this one. */
export function formatAgo(at: string | number | Date, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000));
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 24 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  const day = formatDay(at);
  const year = new Date(at).getFullYear();
  return year === new Date(now).getFullYear() ? day : `${day} ${year}`;
}

/** The end of an id. A UUIDv7 starts with its time, so neighbours differ only at the end. */
export const shortId = (id: string) => id.slice(-8);

/** JSON on one line, cut to `length` characters. */
export function preview(value: unknown, length = 80): string {
  const text = JSON.stringify(value) ?? "null";
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
