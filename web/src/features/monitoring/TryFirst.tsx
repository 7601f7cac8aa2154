/** Runs a function a few times, so that the estimate of its load test has a history. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FlaskConical, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { InlineError } from "@/components/States";
import { announce } from "@/lib/announce";
import { execute, executionQuery, isOver } from "@/lib/api/executions";
import type { NewLoadTest } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";
import { fillTemplate } from "./template";

/** The runs, one after the other. */
const RUNS = 5;
/** How often the end of a run is asked for, in ms. */
const POLL = 250;

interface Props {
  test: NewLoadTest;
  onTried: () => void;
}

export function TryFirst({ test, onTried }: Props) {
  const client = useQueryClient();
  const refused = useRefusal("invoke");
  const [done, setDone] = useState(0);
  /** Runs the function once and waits until the run has ended. */
  const runOnce = async (number: number) => {
    const { executionId } = await execute(test.functionId, fillTemplate(test.input ?? {}, number));
    for (;;) {
      const { status } = await client.fetchQuery({ ...executionQuery(executionId), staleTime: 0 });
      if (isOver(status)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  };
  const tryIt = useMutation({
    mutationFn: async () => {
      for (let number = 0; number < RUNS; number++) {
        setDone(number);
        await runOnce(number);
      }
    },
    onSuccess: () => {
      announce(`${RUNS} runs have ended. The estimate is updated.`);
      onTried();
    },
  });
  return (
    <div className="flex flex-col items-start gap-2 rounded-lg bg-warn-soft px-3 py-2 text-warn">
      <p className="flex items-start gap-2">
        <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
        <span>
          No history yet: the estimate is a guess, and the real cost may be many times lower or higher. Run the function a few
          times first. If you start the test, it begins with a few calls and estimates the cost from them.
        </span>
      </p>
      <Button
        small
        icon={<FlaskConical aria-hidden className="size-4" />}
        busy={tryIt.isPending}
        refused={refused}
        onClick={() => tryIt.mutate()}
      >
        {tryIt.isPending ? `Running ${done + 1} of ${RUNS}` : `Run it ${RUNS} times first`}
      </Button>
      {tryIt.isSuccess ? <p>The runs have ended, but the server has no history yet. A failed run may not count.</p> : null}
      <InlineError error={tryIt.error} />
    </div>
  );
}
