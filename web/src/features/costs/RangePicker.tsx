/** Chooses the period: a preset or any days. The address holds it. */
import { CalendarRange } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Field";
import { useAddress } from "@/lib/address";
import { formatMoment } from "@/lib/format";
import { dayOf, daysError, PRESETS, readChoice, writeChoice, type Choice, type Span } from "./range";

const look = (on: boolean) =>
  `h-9 rounded-lg px-3 text-sm font-medium whitespace-nowrap transition-colors ${
    on ? "bg-accent text-on-accent" : "text-muted hover:bg-sunken hover:text-text"
  }`;

export function RangePicker({ span }: { span: Span }) {
  const [params] = useSearchParams();
  const address = useAddress();
  const chosen = readChoice(params);
  const [open, setOpen] = useState(chosen.preset === "custom");
  const choose = (choice: Choice) => {
    setOpen(choice.preset === "custom");
    address.set({ range: null, from: null, to: null, page: null, ...writeChoice(choice) });
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div role="group" aria-label="Period" className="flex flex-wrap gap-1 rounded-xl border border-line bg-surface p-1">
          {PRESETS.map(({ id, label }) => (
            <button
              key={id}
              type="button"
              aria-pressed={chosen.preset === id}
              className={look(chosen.preset === id)}
              onClick={() => choose({ preset: id })}
            >
              {label}
            </button>
          ))}
          <button
            type="button"
            aria-pressed={chosen.preset === "custom"}
            aria-expanded={open}
            className={`inline-flex items-center gap-2 ${look(chosen.preset === "custom")}`}
            onClick={() => setOpen(!open)}
          >
            <CalendarRange aria-hidden className="size-4" /> Choose days
          </button>
        </div>
        <p className="numeric text-sm text-muted">
          {formatMoment(span.start)} to {span.open ? "now" : formatMoment(span.end)}, your time
        </p>
      </div>
      {open ? (
        <Days
          key={`${span.open ? "" : span.end}`}
          from={chosen.preset === "custom" ? chosen.from : dayOf(span.start)}
          to={chosen.preset === "custom" ? chosen.to : dayOf(span.end)}
          onChoose={(from, to) => choose({ preset: "custom", from, to })}
        />
      ) : null}
    </div>
  );
}

interface DaysProps {
  from: string;
  to: string;
  onChoose: (from: string, to: string) => void;
}

function Days(props: DaysProps) {
  const [from, setFrom] = useState(props.from);
  const [to, setTo] = useState(props.to);
  const error = daysError(from, to);
  return (
    <form
      aria-label="Days"
      className="flex flex-wrap items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!error) props.onChoose(from, to);
      }}
    >
      <TextField label="First day" type="date" value={from} max="9999-12-31" onChange={(event) => setFrom(event.target.value)} />
      <TextField
        label="Last day, included"
        type="date"
        value={to}
        max="9999-12-31"
        error={error}
        onChange={(event) => setTo(event.target.value)}
      />
      <Button type="submit" disabled={error !== null} className="sm:mt-[1.65rem]">
        Show
      </Button>
    </form>
  );
}
