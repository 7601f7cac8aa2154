/** Chooses the period. */
import { SelectField, TextField } from "@/components/Field";
import { PRESETS, toDateField, type ChosenRange } from "./ranges";

interface Props {
  range: ChosenRange;
  params: URLSearchParams;
  onChange: (params: URLSearchParams) => void;
}

export function RangePicker({ range, params, onChange }: Props) {
  const change = (values: Record<string, string>) => {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(values)) next.set(name, value);
    onChange(next);
  };
  const custom = range.preset === "custom";
  return (
    <div className="flex flex-wrap items-start gap-2">
      {custom ? (
        <>
          <TextField
            label="From"
            hideLabel
            type="date"
            value={params.get("from") ?? ""}
            error={range.error}
            onChange={({ target }) => change({ from: target.value })}
          />
          <TextField label="To" hideLabel type="date" value={params.get("to") ?? ""} onChange={({ target }) => change({ to: target.value })} />
        </>
      ) : null}
      <div className="w-44">
        <SelectField
          label="Period"
          hideLabel
          value={range.preset}
          onChange={({ target }) =>
            change(
              target.value === "custom"
                ? { range: "custom", from: toDateField(range.start), to: toDateField(range.end) }
                : { range: target.value },
            )
          }
        >
          {PRESETS.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </SelectField>
      </div>
    </div>
  );
}
