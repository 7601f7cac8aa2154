/** A box with a title. */
import { useId, type ReactNode } from "react";

interface Props {
  title?: ReactNode;
  /** A sentence below the title. */
  hint?: ReactNode;
  /** Controls at the right of the title. */
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  /** Without padding, for tables. */
  flush?: boolean;
}

export function Card({ title, hint, actions, children, className = "", flush = false }: Props) {
  const id = useId();
  return (
    <section
      aria-labelledby={title ? id : undefined}
      className={`min-w-0 rounded-xl border border-line bg-surface ${className}`}
    >
      {title ? (
        // Without controls, titles of cards side by side are on one line, with and without hints.
        <header className={`flex flex-wrap justify-between gap-x-4 gap-y-2 px-4 pt-3 pb-2 sm:px-5 ${actions ? "min-h-14 items-center" : ""}`}>
          <div>
            <h2 id={id} className="font-semibold">
              {title}
            </h2>
            {hint ? <p className="text-sm text-muted">{hint}</p> : null}
          </div>
          {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
        </header>
      ) : null}
      <div className={flush ? "" : `px-4 pb-4 sm:px-5 sm:pb-5 ${title ? "" : "pt-4 sm:pt-5"}`}>{children}</div>
    </section>
  );
}

interface StatProps {
  label: string;
  value: ReactNode;
  detail?: ReactNode;
  /** Shows a placeholder of the same height. */
  loading?: boolean;
}

/** One figure. */
export function Stat({ label, value, detail, loading = false }: StatProps) {
  return (
    // The value shrinks with the box: no digit of an amount may be cut off on a phone.
    <div className="@container min-w-0 rounded-xl border border-line bg-surface px-4 py-3">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="mt-0.5">
        <span className="numeric block min-h-8 text-[clamp(0.8125rem,12cqi,1.125rem)] leading-8 font-semibold tracking-tight wrap-anywhere sm:text-xl 2xl:text-2xl">
          {loading ? <span className="inline-block h-5 w-16 animate-pulse rounded bg-sunken align-middle" /> : value}
        </span>
        <span className="numeric block min-h-5 text-sm wrap-anywhere text-muted">{loading ? null : detail}</span>
      </dd>
    </div>
  );
}
