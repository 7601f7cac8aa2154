/** After which failures a function is tried again, and after how long. */
import { TextField } from "@/components/Field";
import type { Draft, DraftErrors } from "./draft";
import { checkRetry, KINDS, retryIn } from "./retry";

interface Props {
  draft: Draft;
  errors: DraftErrors;
  onChange: (change: Partial<Draft>) => void;
}

export function RetryFields({ draft, errors, onChange }: Props) {
  const { retryBase, retryFactor, retryCap, retryJitter, retryOn } = draft;
  const isSet = retryIn(draft) !== null || Object.keys(checkRetry(draft)).length > 0;
  return (
    <details open={isSet || undefined}>
      <summary className="text-sm font-medium">Retry policy</summary>
      <div className="mt-3 flex flex-col gap-3">
        <p className="text-sm text-muted">An empty field is as the server&rsquo;s settings say.</p>
        <div className="grid grid-cols-2 gap-3">
          <TextField
            label="First wait (s)"
            inputMode="decimal"
            value={retryBase}
            error={errors.retryBase}
            onChange={({ target }) => onChange({ retryBase: target.value })}
          />
          <TextField
            label="Factor"
            inputMode="decimal"
            value={retryFactor}
            error={errors.retryFactor}
            onChange={({ target }) => onChange({ retryFactor: target.value })}
          />
          <TextField
            label="Longest wait (s)"
            inputMode="decimal"
            value={retryCap}
            error={errors.retryCap}
            onChange={({ target }) => onChange({ retryCap: target.value })}
          />
          <TextField
            label="Random part (%)"
            inputMode="decimal"
            value={retryJitter}
            error={errors.retryJitter}
            onChange={({ target }) => onChange({ retryJitter: target.value })}
          />
        </div>
        <fieldset className="flex flex-col gap-1">
          <legend className="text-sm font-medium">Retry after</legend>
          {KINDS.map(({ id, label }) => (
            <label key={id} className="flex min-h-8 items-center gap-2 text-sm">
              <input
                type="checkbox"
                className="size-4 accent-accent"
                checked={retryOn.includes(id)}
                onChange={({ target }) => onChange({ retryOn: target.checked ? [...retryOn, id] : retryOn.filter((one) => one !== id) })}
              />
              {label}
            </label>
          ))}
        </fieldset>
      </div>
    </details>
  );
}
