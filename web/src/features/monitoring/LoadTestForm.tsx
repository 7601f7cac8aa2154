/** Starts a load test, and shows the estimated cost before. */
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Gauge, SquareFunction } from "lucide-react";
import { useDeferredValue, useState, type FormEvent } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { Button, ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import { Editor } from "@/components/editor/Editor";
import { parseJson } from "@/components/editor/json";
import { SelectField, TextField } from "@/components/Field";
import { exampleInput } from "@/components/run/exampleInput";
import { EmptyState, InlineError, Loaded, Skeleton } from "@/components/States";
import { announce } from "@/lib/announce";
import { functionsQuery, samplesQuery } from "@/lib/api/functions";
import { loadEstimateQuery, loadTestQuery, startLoadTest } from "@/lib/api/loadTests";
import type { ListedFn, LoadTest, Sample } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";
import { isGuess, LoadEstimateView } from "./LoadEstimateView";
import { newPlan, planOf, readPlan, type LoadPlan } from "./loadPlan";

export function LoadTestForm() {
  const functions = useQuery(functionsQuery());
  const samples = useQuery(samplesQuery());
  // `?again=` repeats a past test, `?function=` chooses a function.
  const [params] = useSearchParams();
  const again = params.get("again");
  const before = useQuery({ ...loadTestQuery(again ?? ""), enabled: again !== null });
  return (
    <Card title="New load test" hint="A load test runs real executions, which are billed.">
      <Loaded query={functions}>
        {(all) => {
          const active = all.filter(({ status }) => status === "active");
          if (active.length === 0) {
            return (
              <EmptyState icon={SquareFunction} title="No active function">
                Upload or activate a function first.
                <ButtonLink to="/functions">Go to the functions</ButtonLink>
              </EmptyState>
            );
          }
          if (samples.isPending || (again && before.isPending)) return <Skeleton lines={7} className="h-96" />;
          const plan = firstPlan(active, samples.data, params.get("function"), before.data);
          return <Form key={again ?? params.get("function")} functions={active} samples={samples.data} initial={plan} />;
        }}
      </Loaded>
    </Card>
  );
}

const exampleOf = (functions: readonly ListedFn[], samples: readonly Sample[] | undefined, id: string) => {
  const fn = functions.find(({ _id }) => _id === id);
  return fn ? exampleInput(fn, samples) : "{}";
};

function firstPlan(
  functions: readonly ListedFn[],
  samples: readonly Sample[] | undefined,
  wished: string | null,
  before: LoadTest | undefined,
): LoadPlan {
  const known = (id: string | null | undefined) => functions.some(({ _id }) => _id === id);
  if (before && known(before.functionId)) return planOf(before);
  const id = wished !== null && known(wished) ? wished : (functions[0]?._id ?? "");
  return newPlan(id, exampleOf(functions, samples, id));
}

interface FormProps {
  functions: readonly ListedFn[];
  samples: readonly Sample[] | undefined;
  initial: LoadPlan;
}

function Form({ functions, samples, initial }: FormProps) {
  const navigate = useNavigate();
  const [plan, setPlan] = useState(initial);
  const input = parseJson(plan.input);
  const { test, errors } = readPlan(plan);
  const estimated = readPlan(useDeferredValue(plan)).test;
  const estimate = useQuery({
    ...loadEstimateQuery(estimated ?? { functionId: "" }),
    enabled: estimated !== null,
    placeholderData: keepPreviousData,
  });
  const refused = useRefusal("develop");
  const start = useMutation({
    mutationFn: startLoadTest,
    onSuccess: ({ _id }) => {
      announce("The load test has started.");
      return navigate(`/monitoring/load-tests/${_id}`);
    },
  });
  const set = (change: Partial<LoadPlan>) => setPlan((old) => ({ ...old, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (test && !refused) start.mutate(test);
  };
  return (
    <form noValidate onSubmit={submit} className="grid items-start gap-5 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        <SelectField
          label="Function"
          value={plan.functionId}
          onChange={({ target }) => set({ functionId: target.value, input: exampleOf(functions, samples, target.value) })}
        >
          {functions.map(({ _id, name }) => (
            <option key={_id} value={_id}>
              {name}
            </option>
          ))}
        </SelectField>
        <div className="grid grid-cols-2 gap-3 min-[30rem]:grid-cols-3">
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
          <TextField
            label="Calls per second"
            inputMode="decimal"
            placeholder="no limit"
            value={plan.rate}
            error={errors.rate}
            onChange={({ target }) => set({ rate: target.value })}
          />
        </div>
        <p className="text-sm text-muted">
          {plan.rate.trim() === ""
            ? "Each caller calls again as soon as it has an answer."
            : "Calls start at this rate, whether or not earlier ones are answered. Waiting for a free caller counts as response time."}
        </p>
        <LoadEstimateView test={estimated} query={estimate} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Editor
          label="Input (JSON)"
          language="json"
          value={plan.input}
          onChange={(input) => set({ input })}
          mistake={input.ok ? null : input.mistake}
          error={input.ok ? null : input.mistake.message}
          hint="In strings, {{i}} is replaced by the number of the call, and {{random}} by a random whole number."
          minLines={7}
          maxLines={14}
        />
        <InlineError error={start.error} />
        {refused ? <p className="text-sm text-muted">{refused}</p> : null}
        <Button
          type="submit"
          // Without history the first step is to run the function a few times.
          look={estimate.data && isGuess(estimate.data) ? "secondary" : "primary"}
          className="self-end"
          disabled={!test}
          busy={start.isPending}
          refused={refused}
          icon={<Gauge aria-hidden className="size-4" />}
        >
          Start the load test
        </Button>
      </div>
    </form>
  );
}
