/** The form of a schedule: a new one, or a change. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { SelectField, TextArea, TextField } from "@/components/Field";
import { InlineError } from "@/components/States";
import { announce } from "@/lib/announce";
import { functionsQuery } from "@/lib/api/functions";
import { keys } from "@/lib/api/keys";
import { createSchedule, updateSchedule } from "@/lib/api/schedules";
import type { MissedFirings, Schedule } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";
import { draftOf, errorsOf, requestOf, timesOf, type Draft, type Kind } from "./draft";
import { Upcoming } from "./Upcoming";

/** `schedule`: null for a new one. */
export function ScheduleDialog({ schedule, onClose }: { schedule: Schedule | null; onClose: () => void }) {
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const { data: functions } = useQuery(functionsQuery());
  const [draft, setDraft] = useState(() => draftOf(schedule, ""));
  const [tried, setTried] = useState(false);
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const errors = errorsOf(draft);
  const shown = (error: string | null) => (tried ? error : null);
  const save = useMutation({
    mutationFn: () => (schedule ? updateSchedule(schedule._id, requestOf(draft)) : createSchedule(draft.functionId, requestOf(draft))),
    onSuccess: ({ name }) => {
      announce(`The schedule ${name} is saved.`);
      void client.invalidateQueries({ queryKey: keys.schedules });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(errors).every((error) => error === null) && !save.isPending) save.mutate();
  };
  return (
    <Dialog title={schedule ? `Edit ${schedule.name}` : "New schedule"} wide onClose={onClose}>
      <form noValidate onSubmit={submit} className="flex flex-col gap-4">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          {schedule ? null : (
            <SelectField label="Function" value={draft.functionId} hint={shown(errors.functionId)} onChange={({ target }) => set({ functionId: target.value })}>
              <option value="">Choose …</option>
              {functions?.map(({ _id, name }) => (
                <option key={_id} value={_id}>
                  {name}
                </option>
              ))}
            </SelectField>
          )}
          <TextField label="Name" required maxLength={128} autoComplete="off" value={draft.name} error={shown(errors.name)} onChange={({ target }) => set({ name: target.value })} />
          <SelectField label="Fires" value={draft.kind} onChange={({ target }) => set({ kind: target.value as Kind })}>
            <option value="cron">by a cron expression</option>
            <option value="every">after each period</option>
            <option value="at">once</option>
          </SelectField>
          <When draft={draft} error={shown(errors.times)} set={set} />
          <SelectField label="Missed firings" value={draft.missed} hint="Those for which no server was running" onChange={({ target }) => set({ missed: target.value as MissedFirings })}>
            <option value="once">make up for the last one</option>
            <option value="all">make up for all, 100 at most</option>
            <option value="skip">skip</option>
          </SelectField>
        </div>
        <TextArea label="Input" rows={2} spellCheck={false} value={draft.input} error={shown(errors.input)} hint="JSON. Empty: the schedule, its expression and the time." onChange={({ target }) => set({ input: target.value })} />
        <Upcoming times={timesOf(draft)} />
        <InlineError error={save.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button type="button" onClick={onClose}>Close</Button>
          <Button type="submit" look="primary" busy={save.isPending} refused={refused}>Save</Button>
        </div>
      </form>
    </Dialog>
  );
}

function When({ draft, error, set }: { draft: Draft; error: string | null; set: (change: Partial<Draft>) => void }) {
  switch (draft.kind) {
    case "cron":
      return (
        <>
          <TextField label="Cron expression" spellCheck={false} autoComplete="off" value={draft.cron} error={error} hint="Minute, hour, day, month, day of the week; seconds first if there are six" onChange={({ target }) => set({ cron: target.value })} />
          <TextField label="Time zone" spellCheck={false} autoComplete="off" value={draft.timeZone} hint="Such as Europe/Berlin" onChange={({ target }) => set({ timeZone: target.value })} />
        </>
      );
    case "every":
      return <TextField label="Period" autoComplete="off" value={draft.every} error={error} hint="Such as 30s, 5m, 2h or 7d" onChange={({ target }) => set({ every: target.value })} />;
    case "at":
      return <TextField label="Time" type="datetime-local" step={1} value={draft.at} error={error} hint="In your time zone" onChange={({ target }) => set({ at: target.value })} />;
  }
}
