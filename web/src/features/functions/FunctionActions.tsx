/** Activates, deactivates and deletes a function. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Power, PowerOff, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { ConfirmDialog } from "@/components/Dialog";
import { InlineError } from "@/components/States";
import { announce } from "@/lib/announce";
import { deleteFunction, updateFunction } from "@/lib/api/functions";
import { keys } from "@/lib/api/keys";
import type { ListedFn } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";

interface Props {
  fn: ListedFn;
  /** An icon without text, for lists. */
  icon?: boolean;
}

export function StatusButton({ fn, icon = false }: Props) {
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const [asking, setAsking] = useState(false);
  const active = fn.status === "active";
  const change = useMutation({
    mutationFn: () => updateFunction(fn._id, { status: active ? "inactive" : "active" }),
    onSuccess: (changed) => {
      setAsking(false);
      client.setQueryData(keys.function(fn._id), changed);
      void client.invalidateQueries({ queryKey: keys.functions });
      announce(`${changed.name} is ${changed.status}.`);
    },
  });
  const [word, Icon] = active ? (["Deactivate", PowerOff] as const) : (["Activate", Power] as const);
  const press = { onClick: () => (active ? setAsking(true) : change.mutate()), disabled: change.isPending, refused };
  return (
    <>
      {asking ? null : <InlineError error={change.error} />}
      {icon ? (
        <IconButton label={`${word} ${fn.name}`} icon={<Icon aria-hidden className="size-4" />} {...press} />
      ) : (
        <Button icon={<Icon aria-hidden className="size-4" />} {...press}>
          {word}
        </Button>
      )}
      {asking ? (
        <ConfirmDialog
          title={`Deactivate ${fn.name}?`}
          action="Deactivate"
          busy={change.isPending}
          error={change.error}
          onConfirm={() => change.mutate()}
          onClose={() => setAsking(false)}
        >
          The server refuses every call of an inactive function. Programs that use it get an error until you activate it
          again. Its code, executions and costs stay.
        </ConfirmDialog>
      ) : null}
    </>
  );
}

export function DeleteButton({ fn, icon = false, onDeleted }: Props & { onDeleted?: () => void | Promise<void> }) {
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteFunction(fn._id),
    onSuccess: async () => {
      setAsking(false);
      announce(`${fn.name} is deleted.`);
      // Leave the page of the function first: it would request the deleted function again.
      await onDeleted?.();
      client.removeQueries({ queryKey: keys.function(fn._id) });
      void client.invalidateQueries({ queryKey: keys.functionList });
      void client.invalidateQueries({ queryKey: keys.metrics });
    },
  });
  const trash = <Trash2 aria-hidden className="size-4" />;
  return (
    <>
      {icon ? (
        <IconButton label={`Delete ${fn.name}`} icon={trash} refused={refused} onClick={() => setAsking(true)} />
      ) : (
        <Button look="danger" icon={trash} refused={refused} onClick={() => setAsking(true)}>
          Delete
        </Button>
      )}
      {asking ? (
        <ConfirmDialog
          title={`Delete ${fn.name}?`}
          action="Delete"
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          This deletes the function and its code permanently. Programs that call it get an error. Its executions and costs
          stay in the reports.
        </ConfirmDialog>
      ) : null}
    </>
  );
}
