/** Cancels a pending or running execution, and repeats one that has ended. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, Pencil, RotateCw } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { prettyJson } from "@/components/editor/json";
import { RunPanel } from "@/components/run/RunPanel";
import { InlineError, Loaded } from "@/components/States";
import { announce } from "@/lib/announce";
import { cancelExecution, isOver, retryExecution } from "@/lib/api/executions";
import { functionQuery } from "@/lib/api/functions";
import { keys } from "@/lib/api/keys";
import type { Execution } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";

export function ExecutionActions({ execution }: { execution: Execution }) {
  return isOver(execution.status) ? <Repeat execution={execution} /> : <Cancel execution={execution} />;
}

function Cancel({ execution }: { execution: Execution }) {
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const cancel = useMutation({
    mutationFn: () => cancelExecution(execution._id),
    onSuccess: (cancelled) => {
      client.setQueryData(keys.execution(execution._id), cancelled);
      void client.invalidateQueries({ queryKey: keys.executionLists });
      announce("The execution is cancelled.");
    },
  });
  return (
    <>
      <InlineError error={cancel.error} />
      <Button look="danger" icon={<Ban aria-hidden className="size-4" />} busy={cancel.isPending} refused={refused} onClick={() => cancel.mutate()}>
        Cancel
      </Button>
    </>
  );
}

function Repeat({ execution }: { execution: Execution }) {
  const refused = useRefusal("develop");
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const repeat = useMutation({
    mutationFn: () => retryExecution(execution._id),
    onSuccess: ({ executionId }) => navigate(`/executions/${executionId}`),
  });
  return (
    <>
      <InlineError error={repeat.error} />
      <Button icon={<Pencil aria-hidden className="size-4" />} refused={refused} onClick={() => setEditing(true)}>
        Edit input and run
      </Button>
      <Button icon={<RotateCw aria-hidden className="size-4" />} busy={repeat.isPending} refused={refused} onClick={() => repeat.mutate()}>
        Run again
      </Button>
      {editing ? <EditInput execution={execution} onClose={() => setEditing(false)} /> : null}
    </>
  );
}

/** Repeats the execution with its input, which you can change before. */
function EditInput({ execution, onClose }: { execution: Execution; onClose: () => void }) {
  const query = useQuery(functionQuery(execution.functionId));
  return (
    <Dialog title="Edit input and run" wide onClose={onClose}>
      <Loaded query={query} wayOut={{ to: "/functions", label: "Go to the functions" }}>
        {(fn) => <RunPanel fn={fn} initialInput={prettyJson(execution.input)} repeats={execution._id} />}
      </Loaded>
    </Dialog>
  );
}
