/** Runs a function with an input and shows the result. */
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { estimateQuery } from "@/lib/api/costs";
import { execute, retryExecution } from "@/lib/api/executions";
import type { ListedFn } from "@/lib/api/types";
import { basisWords } from "@/lib/basis";
import { formatDuration } from "@/lib/format";
import { useRefusal } from "@/lib/session/session";
import { Button } from "../Button";
import { Editor } from "../editor/Editor";
import { parseJson } from "../editor/json";
import { Money } from "../Figures";
import { InlineError } from "../States";
import { ExecutionResult } from "./ExecutionResult";

interface Props {
  fn: Pick<ListedFn, "_id" | "status">;
  initialInput: string;
  /** The execution that is repeated. */
  repeats?: string;
}

/** Use a `key` to remount it for another function. */
export function RunPanel({ fn, initialInput, repeats }: Props) {
  const [text, setText] = useState(initialInput);
  const input = parseJson(text);
  const refused = useRefusal(repeats === undefined ? "invoke" : "develop");
  const run = useMutation({
    mutationFn: (value: unknown) => (repeats === undefined ? execute(fn._id, value) : retryExecution(repeats, { input: value })),
  });
  const start = () => {
    if (input.ok && !run.isPending) run.mutate(input.value);
  };
  return (
    <div className="flex flex-col gap-4">
      <Editor
        label="Input (JSON)"
        language="json"
        value={text}
        onChange={setText}
        mistake={input.ok ? null : input.mistake}
        error={input.ok ? null : input.mistake.message}
        minLines={4}
        maxLines={14}
      />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <RunEstimate functionId={fn._id} text={text} />
        <Button
          look="primary"
          icon={<Play aria-hidden className="size-4" />}
          busy={run.isPending}
          refused={refused}
          disabled={!input.ok || fn.status === "inactive"}
          onClick={start}
        >
          Run
        </Button>
      </div>
      {refused ? <p className="text-sm text-muted">{refused}</p> : null}
      {fn.status === "inactive" ? <p className="text-sm text-muted">The function is inactive. Activate it to run it.</p> : null}
      <InlineError error={run.error} />
      {run.data ? <ExecutionResult key={run.data.executionId} id={run.data.executionId} /> : null}
    </div>
  );
}

function RunEstimate({ functionId, text }: { functionId: string; text: string }) {
  const settled = useDeferredValue(text);
  const input = parseJson(settled);
  const { data } = useQuery({
    ...estimateQuery(functionId, input.ok ? input.value : {}),
    enabled: input.ok,
    placeholderData: keepPreviousData,
  });
  return (
    <p className="min-h-10 text-sm text-muted">
      {data ? (
        <>
          Estimate <Money value={data.estimatedCost} /> for {formatDuration(data.estimatedDuration)}
          <br />
          {basisWords(data.basis)}
        </>
      ) : null}
    </p>
  );
}
