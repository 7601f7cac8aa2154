/** Amounts and times. The tooltip shows the exact value. */
import { useEffect, useState } from "react";
import { exactMoney, formatMoney, roundMoney } from "@/lib/money";
import { formatAgo, formatMoment } from "@/lib/format";

/** `round` rounds to a millionth of a dollar, for narrow places. */
export function Money({ value, round = false }: { value: number; round?: boolean }) {
  const text = round ? roundMoney(value) : formatMoney(value);
  return (
    <span className={`numeric ${round && text.length > 10 ? "text-[0.8em]" : ""}`} title={`$${exactMoney(value)}`}>
      {text}
    </span>
  );
}

/** The current time, updated every `every` ms. */
export function useNow(every: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** How long ago something was. It updates itself. */
export function Ago({ at }: { at: string }) {
  const now = useNow(5_000);
  return (
    <time dateTime={at} title={formatMoment(at)} className="numeric whitespace-nowrap">
      {formatAgo(at, now)}
    </time>
  );
}
