/** The form of a function: its code, its settings and its price. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import type { Mistake } from "@/components/editor/CodeEditor";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { announce } from "@/lib/announce";
import { ApiError } from "@/lib/api/client";
import { createFunction, updateFunction } from "@/lib/api/functions";
import { keys } from "@/lib/api/keys";
import type { Fn } from "@/lib/api/types";
import { CodeField } from "./CodeField";
import { check, draftOf, draftOfFile, EMPTY, timeoutOf, toUpload, type Draft } from "./draft";
import { DestinationFields } from "./DestinationFields";
import { EgressFields } from "./EgressFields";
import { EnvironmentFields } from "./EnvironmentFields";
import { PricePreview } from "./PricePreview";
import { Settings } from "./Settings";
import { useDraft } from "./useDraft";

/** The syntax error that the server reports. Its message names the place. */
const mistakeOf = (error: unknown): Mistake | null =>
  error instanceof ApiError && error.code === "compile_error"
    ? { message: error.message, line: error.place?.line ?? 1, column: error.place?.column ?? 1 }
    : null;

export function FunctionForm({ fn }: { fn: Fn | null }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { draft, setDraft, isUnsaved, markSaved, restored, reset } = useDraft(`function ${fn?._id ?? "new"}`, fn ? draftOf(fn) : EMPTY);
  const [tried, setTried] = useState(false);
  const [mistake, setMistake] = useState<Mistake | null>(null);
  const errors = tried ? check(draft) : {};
  const save = useMutation({
    mutationFn: (value: Draft) => (fn ? updateFunction(fn._id, toUpload(value, fn)) : createFunction(toUpload(value, fn))),
    // The request may contain secrets: do not cache it.
    gcTime: 0,
    onSuccess: (saved) => {
      markSaved();
      client.setQueryData(keys.function(saved._id), saved);
      void client.invalidateQueries({ queryKey: keys.functionList });
      void client.invalidateQueries({ queryKey: keys.metrics });
      announce(`${saved.name} is saved.`);
      void navigate(`/functions/${saved._id}`);
    },
    // The error has the role alert: screen readers read it without an announcement.
    onError: (error) => setMistake(mistakeOf(error)),
  });
  const set = (change: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...change }));
    if ("code" in change) setMistake(null);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(check(draft)).length === 0) save.mutate(draft);
  };
  return (
    <form noValidate onSubmit={submit} className="grid items-start gap-4 sm:gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="flex min-w-0 flex-col gap-4 sm:gap-5">
        {restored ? <Restored onDiscard={reset} /> : null}
        <Card>
          <CodeField
            code={draft.code}
            mistake={mistake}
            error={errors.code}
            onChange={(code) => set({ code })}
            onFile={(file, code) => {
              setMistake(null);
              setDraft((old) => draftOfFile(file, code, old));
            }}
          />
        </Card>
        <EnvironmentFields
          entries={draft.environment}
          tried={tried}
          error={errors.environment}
          onChange={(change) => setDraft((old) => ({ ...old, environment: change(old.environment) }))}
        />
        <EgressFields draft={draft} tried={tried} error={errors.egress} onChange={set} />
        <DestinationFields draft={draft} tried={tried} error={errors.destinations} onChange={set} />
      </div>
      <div className="flex min-w-0 flex-col gap-4 sm:gap-5">
        <Settings
          fn={fn}
          draft={draft}
          errors={errors}
          // A syntax error is shown once, at the code.
          failure={mistake ? null : save.error}
          busy={save.isPending}
          onChange={set}
        />
        <PricePreview code={draft.code} timeout={timeoutOf(draft)} functionId={fn?._id ?? null} />
      </div>
      <UnsavedGuard
        isUnsaved={isUnsaved}
        what={fn ? `You have changed ${fn.name}.` : "You have written a new function."}
        onDiscard={markSaved}
      />
    </form>
  );
}

/** Shown when the key expired while somebody was editing. */
function Restored({ onDiscard }: { onDiscard: () => void }) {
  return (
    <p role="status" className="flex flex-wrap items-center justify-between gap-3 rounded-lg bg-accent-soft px-3 py-2 text-sm text-accent">
      Your unsaved changes from before the sign-in are here again.
      <Button small onClick={onDiscard}>
        Discard them
      </Button>
    </p>
  );
}
