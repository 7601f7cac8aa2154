/** What can be done with a schedule: fire, pause or resume, edit, delete. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/Button";
import { ConfirmDialog } from "@/components/Dialog";
import { announce } from "@/lib/announce";
import { keys } from "@/lib/api/keys";
import { deleteSchedule, fireSchedule, pauseSchedule, resumeSchedule } from "@/lib/api/schedules";
import type { Schedule } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";

export function ScheduleActions({ schedule, onEdit }: { schedule: Schedule; onEdit: () => void }) {
  const { _id: id, name, enabled } = schedule;
  const client = useQueryClient();
  const mayChange = useRefusal("develop");
  const mayFire = useRefusal("invoke");
  const [asking, setAsking] = useState(false);
  const done = (text: string) => {
    announce(text);
    void client.invalidateQueries({ queryKey: keys.schedules });
  };
  const fire = useMutation({
    mutationFn: () => fireSchedule(id),
    onSuccess: () => {
      done(`The schedule ${name} has fired.`);
      void client.invalidateQueries({ queryKey: keys.executionLists });
    },
    onError: (error) => announce(error.message),
  });
  const toggle = useMutation({
    mutationFn: () => (enabled ? pauseSchedule(id) : resumeSchedule(id)),
    onSuccess: () => done(`The schedule ${name} is ${enabled ? "paused" : "resumed"}.`),
    onError: (error) => announce(error.message),
  });
  const remove = useMutation({
    mutationFn: () => deleteSchedule(id),
    onSuccess: () => {
      setAsking(false);
      done(`The schedule ${name} is deleted.`);
    },
  });
  return (
    <div className="flex justify-end gap-1">
      <Button small look="ghost" aria-label={`Fire ${name}`} busy={fire.isPending} refused={mayFire} onClick={() => fire.mutate()}>
        Fire
      </Button>
      <Button small look="ghost" aria-label={`${enabled ? "Pause" : "Resume"} ${name}`} busy={toggle.isPending} refused={mayChange} onClick={() => toggle.mutate()}>
        {enabled ? "Pause" : "Resume"}
      </Button>
      <Button small look="ghost" aria-label={`Edit ${name}`} onClick={onEdit}>
        Edit
      </Button>
      <Button small look="danger" aria-label={`Delete ${name}`} refused={mayChange} onClick={() => setAsking(true)}>
        Delete
      </Button>
      {asking ? (
        <ConfirmDialog
          title={`Delete ${name}?`}
          action="Delete"
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>It does not fire any more. Executions that it has started go on.</p>
        </ConfirmDialog>
      ) : null}
    </div>
  );
}
