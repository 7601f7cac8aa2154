/** The memory of a function, its bindings, its namespaces of keys and values, and the HTTP requests that it answers. */
import { SelectField, TextField } from "@/components/Field";
import type { Draft, DraftErrors } from "./draft";
import { HttpFields } from "./HttpFields";

interface Props {
  draft: Draft;
  errors: DraftErrors;
  onChange: (change: Partial<Draft>) => void;
}

export function ResourceFields({ draft, errors, onChange }: Props) {
  const { memory, bindings, kv } = draft;
  return (
    <>
      <TextField
        label="Memory (MiB)"
        inputMode="numeric"
        value={memory}
        error={errors.memory}
        hint="Empty: all that the tier gives. Less does not cost less."
        onChange={({ target }) => onChange({ memory: target.value })}
      />
      <SelectField
        label="Bindings"
        value={bindings === null ? "open" : "named"}
        onChange={({ target }) => onChange({ bindings: target.value === "open" ? null : "" })}
      >
        <option value="open">All that are open to every function</option>
        <option value="named">Only those that I name</option>
      </SelectField>
      {bindings === null ? null : (
        <TextField
          label="Names of the bindings"
          value={bindings}
          error={errors.bindings}
          hint="Separated by commas. Empty: none."
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onChange={({ target }) => onChange({ bindings: target.value })}
        />
      )}
      <TextField
        label="Keys and values"
        value={kv}
        error={errors.kv}
        hint="Empty: none. own: its own namespace. A name: a shared one. Several: CACHE=cache, KV=own."
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={({ target }) => onChange({ kv: target.value })}
      />
      <HttpFields draft={draft} errors={errors} onChange={onChange} />
    </>
  );
}
