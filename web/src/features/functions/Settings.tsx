/** The name, description and limits of a function, and the button that saves it. */
import { Save, Upload } from "lucide-react";
import { Button, ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import { TextField } from "@/components/Field";
import { InlineError } from "@/components/States";
import type { Fn } from "@/lib/api/types";
import type { Draft, DraftErrors } from "./draft";
import { ResourceFields } from "./ResourceFields";
import { RetryFields } from "./RetryFields";
import { SamplePicker } from "./SamplePicker";

interface Props {
  fn: Fn | null;
  draft: Draft;
  errors: DraftErrors;
  failure: unknown;
  busy: boolean;
  onChange: (change: Partial<Draft>) => void;
}

export function Settings({ fn, draft, errors, failure, busy, onChange }: Props) {
  const icon = fn ? <Save aria-hidden className="size-4" /> : <Upload aria-hidden className="size-4" />;
  return (
    <Card>
      <div className="flex flex-col gap-4">
        {fn ? null : <SamplePicker draft={draft} onPick={onChange} />}
        <TextField label="Name" required value={draft.name} error={errors.name} onChange={({ target }) => onChange({ name: target.value })} />
        <TextField
          label="Description"
          required
          value={draft.description}
          error={errors.description}
          onChange={({ target }) => onChange({ description: target.value })}
        />
        <div className="grid grid-cols-2 gap-3">
          <TextField
            label="Timeout (s)"
            inputMode="decimal"
            value={draft.timeout}
            error={errors.timeout}
            onChange={({ target }) => onChange({ timeout: target.value })}
          />
          <TextField
            label="Retries"
            inputMode="numeric"
            value={draft.retries}
            error={errors.retries}
            onChange={({ target }) => onChange({ retries: target.value })}
          />
        </div>
        <RetryFields draft={draft} errors={errors} onChange={onChange} />
        <ResourceFields draft={draft} errors={errors} onChange={onChange} />
        <InlineError error={failure} />
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" busy={busy} icon={icon}>
            {fn ? "Save" : "Upload"}
          </Button>
          <ButtonLink to={fn ? `/functions/${fn._id}` : "/functions"}>Cancel</ButtonLink>
        </div>
      </div>
    </Card>
  );
}
