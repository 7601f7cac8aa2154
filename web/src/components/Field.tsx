/** Labelled form fields. */
import {
  useId,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from "react";

const CONTROL =
  "h-10 w-full min-w-0 rounded-lg border border-control bg-surface px-3 text-text placeholder:text-muted aria-invalid:border-bad";

interface Common {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  /** Shows the label only to screen readers. */
  hideLabel?: boolean;
}

function Frame({ id, label, hint, error, hideLabel, children }: Common & { id: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={hideLabel ? "sr-only" : "text-sm font-medium"}>
        {label}
      </label>
      {children}
      {error ? (
        <p id={`${id}-note`} className="text-sm text-bad">
          {error}
        </p>
      ) : hint ? (
        <p id={`${id}-note`} className="text-sm text-muted">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

export function TextField({ label, hint, error, hideLabel, ...rest }: Common & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} {...(hideLabel ? { hideLabel } : {})}>
      <input
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || hint ? `${id}-note` : undefined}
        className={CONTROL}
      />
    </Frame>
  );
}

/** A field for several lines. It grows with its text. */
export function TextArea({ label, hint, error, hideLabel, ...rest }: Common & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} {...(hideLabel ? { hideLabel } : {})}>
      <textarea
        rows={1}
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || hint ? `${id}-note` : undefined}
        className={`${CONTROL} field-sizing-content h-auto! max-h-60 min-h-10 resize-y py-[0.4375rem]`}
      />
    </Frame>
  );
}

export function SelectField({
  label,
  hint,
  error,
  hideLabel,
  children,
  ...rest
}: Common & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} {...(hideLabel ? { hideLabel } : {})}>
      <select {...rest} id={id} aria-describedby={error || hint ? `${id}-note` : undefined} className={CONTROL}>
        {children}
      </select>
    </Frame>
  );
}
