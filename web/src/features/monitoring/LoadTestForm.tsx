/** Asks for a load test, and tells before what it will cost. */
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Gauge, SquareFunction } from "lucide-react";
import { useDeferredValue, useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { Button, ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import { Editor } from "@/components/editor/Editor";
import { parseJson } from "@/components/editor/json";
import { SelectField, TextField } from "@/components/Field";
import { exampleInput } from "@/components/run/exampleInput";
import { EmptyState, InlineError, Loaded } from "@/components/States";
import { announce } from "@/lib/announce";
import { functionsQuery, samplesQuery } from "@/lib/api/functions";
import { startLoadTest } from "@/lib/api/loadTests";
import type { Fn, Sample } from "@/lib/api/types";
import { LoadEstimateView } from "./LoadEstimateView";
import { readPlan, type LoadPlan } from "./loadPlan";

export function LoadTestForm() {
  const functions = useQuery(functionsQuery());
  const samples = useQuery(samplesQuery());
  return (
    <Card title="New load test">
      <Loaded query={functions}>
        {(all) => {
          const active = all.filter(({ status }) => status === "active");
          if (active.length === 0) {
            return (
              <EmptyState icon={SquareFunction} title="No active function">
                Upload a function first, then put it under load.
                <ButtonLink to="/functions">Go to the functions</ButtonLink>
              </EmptyState>
            );
          }
          return samples.isPending ? null : <Form functions={active} samples={samples.data} />;
        }}
      </Loaded>
    </Card>
  );
}

function Form({ functions, samples }: { functions: readonly Fn[]; samples: readonly Sample[] | undefined }) {
  const navigate = useNavigate();
  const exampleOf = (id: string) => {
    const fn = functions.find(({ _id }) => _id === id);
    return fn ? exampleInput(fn, samples) : "{}";
  };
  const first = functions[0]?._id ?? "";
  const [plan, setPlan] = useState<LoadPlan>({ functionId: first, concurrency: "20", duration: "30", input: exampleOf(first) });
  const input = parseJson(plan.input);
  const { test, errors } = readPlan(plan);
  const start = useMutation({
    mutationFn: startLoadTest,
    onSuccess: ({ _id }) => {
      announce("The load test has begun.");
      return navigate(`/monitoring/load-tests/${_id}`);
    },
  });
  const set = (change: Partial<LoadPlan>) => setPlan((old) => ({ ...old, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (test) start.mutate(test);
  };
  return (
    <form noValidate onSubmit={submit} className="grid items-start gap-5 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        <SelectField
          label="Function"
          value={plan.functionId}
          onChange={({ target }) => set({ functionId: target.value, input: exampleOf(target.value) })}
        >
          {functions.map(({ _id, name }) => (
            <option key={_id} value={_id}>
              {name}
            </option>
          ))}
        </SelectField>
        <div className="grid grid-cols-2 gap-3">
          <TextField
            label="Calls at once"
            inputMode="numeric"
            value={plan.concurrency}
            error={errors.concurrency}
            onChange={({ target }) => set({ concurrency: target.value })}
          />
          <TextField
            label="Duration (s)"
            inputMode="numeric"
            value={plan.duration}
            error={errors.duration}
            onChange={({ target }) => set({ duration: target.value })}
          />
        </div>
        <Estimate plan={plan} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Editor
          label="Input (JSON)"
          language="json"
          value={plan.input}
          onChange={(input) => set({ input })}
          mistake={input.ok ? null : input.mistake}
          error={input.ok ? null : input.mistake.message}
          hint="In a string, {{i}} stands for the number of the call and {{random}} for a random whole number."
          minLines={7}
          maxLines={14}
        />
        <InlineError error={start.error} />
        <Button
          type="submit"
          look="primary"
          className="self-end"
          disabled={!test}
          busy={start.isPending}
          icon={<Gauge aria-hidden className="size-4" />}
        >
          Start the load test
        </Button>
      </div>
    </form>
  );
}

function Estimate({ plan }: { plan: LoadPlan }) {
  const { test } = readPlan(useDeferredValue(plan));
  return <LoadEstimateView test={test} keep={keepPreviousData} />;
}
