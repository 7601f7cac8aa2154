/** The questions before dead letters are redriven or discarded. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Button } from "@/components/Button";
import { ConfirmDialog, Dialog } from "@/components/Dialog";
import { SelectField, TextField } from "@/components/Field";
import { InlineError } from "@/components/States";
import { announce } from "@/lib/announce";
import { discardDeadLetters, redriveDeadLetters } from "@/lib/api/deadLetters";
import { keys } from "@/lib/api/keys";
import type { DeadLetterRequest } from "@/lib/api/types";
import { formatCount } from "@/lib/format";

/** Which dead letters, and what to call them. */
export interface Wanted {
  title: string;
  request: DeadLetterRequest;
}

interface Props {
  wanted: Wanted;
  onClose: () => void;
}

const isRate = (text: string) => Number(text) >= 0.1 && Number(text) <= 1000;

export function RedriveDialog({ wanted, onClose }: Props) {
  const client = useQueryClient();
  const [version, setVersion] = useState<"live" | "original">("live");
  const [rate, setRate] = useState("50");
  const start = useMutation({
    mutationFn: () => redriveDeadLetters({ ...wanted.request, version, rate: Number(rate) }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.deadLetters });
      announce("The redrive has begun.");
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isRate(rate)) start.mutate();
  };
  return (
    <Dialog title={`Redrive ${wanted.title}?`} onClose={onClose}>
      <form noValidate onSubmit={submit} className="flex flex-col gap-4">
        <p className="text-muted">Each is repeated once, as a new execution with the same input. What fails again is a new dead letter.</p>
        <SelectField label="Version" value={version} onChange={({ target }) => setVersion(target.value === "original" ? "original" : "live")}>
          <option value="live">The one that is live now</option>
          <option value="original">The one that failed</option>
        </SelectField>
        <TextField
          label="Executions per second"
          inputMode="decimal"
          value={rate}
          error={isRate(rate) ? null : "Enter a number from 0.1 to 1000."}
          onChange={({ target }) => setRate(target.value)}
        />
        <InlineError error={start.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={start.isPending}>
            Redrive
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function DiscardDialog({ wanted, onClose }: Props) {
  const client = useQueryClient();
  const discard = useMutation({
    mutationFn: () => discardDeadLetters(wanted.request),
    onSuccess: ({ discarded, more }) => {
      void client.invalidateQueries({ queryKey: keys.deadLetters });
      announce(`${formatCount(discarded)} discarded${more ? "; there are more" : ""}.`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={`Discard ${wanted.title}?`}
      action="Discard"
      busy={discard.isPending}
      error={discard.error}
      onConfirm={() => discard.mutate()}
      onClose={onClose}
    >
      They leave this list, at most 1,000 at a time. The executions stay and say who discarded them.
    </ConfirmDialog>
  );
}
