/** The sample functions. Each can be uploaded with one click. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { announce } from "@/lib/announce";
import { createFunction, samplesQuery } from "@/lib/api/functions";
import { keys } from "@/lib/api/keys";
import type { Fn, Sample } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";
import { Button } from "./Button";
import { InlineError, Loaded } from "./States";

export function SampleCards({ onUploaded }: { onUploaded?: (fn: Fn) => void }) {
  const samples = useQuery(samplesQuery());
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const upload = useMutation({
    mutationFn: ({ name, description, code }: Sample) => createFunction({ name, description, code, config: {} }),
    onSuccess: (fn) => {
      void client.invalidateQueries({ queryKey: keys.functions });
      void client.invalidateQueries({ queryKey: keys.metrics });
      announce(`${fn.name} is uploaded.`);
      onUploaded?.(fn);
    },
  });
  return (
    <div className="flex flex-col gap-3">
      <Loaded query={samples}>
        {(list) => (
          <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3 2xl:grid-cols-5">
            {list.map((sample) => (
              <li key={sample.name} className="flex flex-col justify-between gap-3 rounded-lg border border-line bg-bg p-4">
                <div>
                  <h3 className="font-medium">{sample.name}</h3>
                  <p className="text-sm text-muted">{sample.description}</p>
                </div>
                <Button
                  small
                  aria-label={`Upload ${sample.name}`}
                  className="self-start"
                  icon={<Upload aria-hidden className="size-4" />}
                  busy={upload.isPending && upload.variables.name === sample.name}
                  refused={refused}
                  onClick={() => upload.mutate(sample)}
                >
                  Upload
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <InlineError error={upload.error} />
    </div>
  );
}
