/** Activating, deactivating and deleting a function. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Power, PowerOff, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { ConfirmDialog } from "@/components/Dialog";
import { InlineError } from "@/components/States";
import { announce } from "@/lib/announce";
import { deleteFunction, updateFunction } from "@/lib/api/functions";
import { keys } from "@/lib/api/keys";
import type { Fn } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";

interface Props {
  fn: Fn;
  /** As an icon alone, for lists. */
  icon?: boolean;
}

export function StatusButton({ fn, icon = false }: Props) {
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const active = fn.status === "active";
  const change = useMutation({
    mutationFn: () => updateFunction(fn._id, { status: active ? "inactive" : "active" }),
    onSuccess: (changed) => {
      client.setQueryData(keys.function(fn._id), changed);
      void client.invalidateQueries({ queryKey: keys.functions });
      announce(`${changed.name} is ${changed.status}.`);
    },
  });
  const [word, Icon] = active ? (["Deactivate", PowerOff] as const) : (["Activate", Power] as const);
  const press = { onClick: () => change.mutate(), disabled: change.isPending, refused };
  return (
    <>
      <InlineError error={change.error} />
      {icon ? (
        <IconButton label={`${word} ${fn.name}`} icon={<Icon aria-hidden className="size-4" />} {...press} />
      ) : (
        <Button icon={<Icon aria-hidden className="size-4" />} {...press}>
          {word}
        </Button>
      )}
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
      // A page that still shows it would ask for it again.
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
          action="Delete it"
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          The function and its code will be gone for good, and nobody can run it any more. Its executions and costs stay in
          the reports.
        </ConfirmDialog>
      ) : null}
    </>
  );
}
