/** Which HTTP requests a function answers. */
import { SelectField, TextArea, TextField } from "@/components/Field";
import type { Draft, DraftErrors } from "./draft";
import type { HttpAccess } from "./http";

interface Props {
  draft: Draft;
  errors: DraftErrors;
  onChange: (change: Partial<Draft>) => void;
}

export function HttpFields({ draft, errors, onChange }: Props) {
  const { http, routes, origins } = draft;
  return (
    <>
      <SelectField
        label="HTTP requests"
        value={http}
        hint={http === "public" ? "Everybody who can reach the server can run this function." : undefined}
        onChange={({ target }) => onChange({ http: target.value as HttpAccess })}
      >
        <option value="off">Off</option>
        <option value="key">With an API key</option>
        <option value="public">Public, without a key</option>
      </SelectField>
      {http === "off" ? null : (
        <>
          <TextArea
            label="Routes"
            rows={3}
            value={routes}
            error={errors.routes}
            hint="One a line, such as GET /orders/:id. Empty: all paths."
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            onChange={({ target }) => onChange({ routes: target.value })}
          />
          <TextField
            label="Origins"
            value={origins}
            hint="Origins whose pages may read responses, separated by commas; * for all. Empty: none."
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            onChange={({ target }) => onChange({ origins: target.value })}
          />
        </>
      )}
    </>
  );
}
