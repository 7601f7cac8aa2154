/** Fills the form with a sample. */
import { useQuery } from "@tanstack/react-query";
import { SelectField } from "@/components/Field";
import { samplesQuery } from "@/lib/api/functions";
import { draftOfSample, type Draft } from "./draft";

export function SamplePicker({ draft, onPick }: { draft: Draft; onPick: (draft: Draft) => void }) {
  const { data } = useQuery(samplesQuery());
  return (
    <SelectField
      label="Start with"
      value={data?.find(({ code }) => code === draft.code)?.name ?? ""}
      onChange={({ target }) => {
        const sample = data?.find(({ name }) => name === target.value);
        if (sample) onPick(draftOfSample(sample, draft));
      }}
    >
      <option value="">Your own code</option>
      {data?.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
