/** How many executions of a function run at once, its runtime, its memory, its bindings, its namespaces of keys and values, and the HTTP requests that it answers. */
import { SelectField, TextField } from "@/components/Field";
import { useStore } from "@/lib/store";
import { runtimes } from "@/lib/session/session";
import type { Draft, DraftErrors } from "./draft";
import { HttpFields } from "./HttpFields";

interface Props {
  draft: Draft;
  errors: DraftErrors;
  onChange: (change: Partial<Draft>) => void;
}

export function ResourceFields({ draft, errors, onChange }: Props) {
  const { concurrency, perKey, memory, bindings, kv } = draft;
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        <TextField
          label="Most at once"
          inputMode="numeric"
          value={concurrency}
          error={errors.concurrency}
          hint="Empty: no limit."
          onChange={({ target }) => onChange({ concurrency: target.value })}
        />
        <TextField
          label="Most with one key"
          inputMode="numeric"
          value={perKey}
          error={errors.perKey}
          hint="Empty: one at a time."
          onChange={({ target }) => onChange({ perKey: target.value })}
        />
      </div>
      <RuntimeField runtime={draft.runtime} onChange={onChange} />
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

/** Shown where there is a choice. */
function RuntimeField({ runtime, onChange }: { runtime: string; onChange: Props["onChange"] }) {
  const names = useStore(runtimes);
  const [first, ...others] = names;
  const isUnknown = runtime !== "" && !names.includes(runtime);
  if (others.length === 0 && !isUnknown) return null;
  return (
    <SelectField label="Runtime" value={runtime === first ? "" : runtime} onChange={({ target }) => onChange({ runtime: target.value })}>
      <option value="">{first === undefined ? "The server's first one" : `${first} (default)`}</option>
      {others.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
      {isUnknown ? <option value={runtime}>{runtime} (not on this server)</option> : null}
    </SelectField>
  );
}
