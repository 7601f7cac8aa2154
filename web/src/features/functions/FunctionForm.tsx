/** The form of a function: its code, its settings, and what it will cost. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Save, Upload } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { Button, ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import type { Mistake } from "@/components/editor/CodeEditor";
import { Editor } from "@/components/editor/Editor";
import { TextField } from "@/components/Field";
import { InlineError } from "@/components/States";
import { announce } from "@/lib/announce";
import { ApiError } from "@/lib/api/client";
import { createFunction, updateFunction } from "@/lib/api/functions";
import { keys } from "@/lib/api/keys";
import type { Fn } from "@/lib/api/types";
import { check, draftOf, draftOfFile, EMPTY, timeoutOf, toUpload, type Draft } from "./draft";
import { DropZone } from "./DropZone";
import { EnvironmentFields } from "./EnvironmentFields";
import { PricePreview } from "./PricePreview";
import { SamplePicker } from "./SamplePicker";

/** Where the server says that the code is wrong. */
const mistakeOf = (error: unknown): Mistake | null =>
  error instanceof ApiError && error.code === "compile_error"
    ? { message: error.message, line: error.place?.line ?? 1, column: error.place?.column ?? 1 }
    : null;

export function FunctionForm({ fn }: { fn: Fn | null }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState<Draft>(fn ? draftOf(fn) : EMPTY);
  const [tried, setTried] = useState(false);
  const [mistake, setMistake] = useState<Mistake | null>(null);
  const errors = tried ? check(draft) : {};
  const save = useMutation({
    mutationFn: (value: Draft) => (fn ? updateFunction(fn._id, toUpload(value, fn)) : createFunction(toUpload(value, fn))),
    // What was sent may hold secrets: it is not kept.
    gcTime: 0,
    onSuccess: (saved) => {
      client.setQueryData(keys.function(saved._id), saved);
      void client.invalidateQueries({ queryKey: keys.functionList });
      void client.invalidateQueries({ queryKey: keys.metrics });
      announce(`${saved.name} is saved.`);
      void navigate(`/functions/${saved._id}`);
    },
    onError: (error) => {
      setMistake(mistakeOf(error));
      announce(error.message);
    },
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
      <Card>
        <DropZone onFile={(file, code) => setDraft((old) => draftOfFile(file, code, old))}>
          <Editor
            label="Code (JavaScript)"
            language="javascript"
            value={draft.code}
            onChange={(code) => set({ code })}
            mistake={mistake}
            error={mistake ? `Line ${mistake.line}: ${mistake.message}` : (errors.code ?? null)}
            minLines={18}
            maxLines={32}
          />
        </DropZone>
      </Card>
      <EnvironmentFields
        entries={draft.environment}
        tried={tried}
        error={errors.environment}
        onChange={(change) => setDraft((old) => ({ ...old, environment: change(old.environment) }))}
      />
      </div>
      <div className="flex min-w-0 flex-col gap-4 sm:gap-5">
        <Card>
          <div className="flex flex-col gap-4">
            {fn ? null : <SamplePicker draft={draft} onPick={setDraft} />}
            <TextField label="Name" required value={draft.name} error={errors.name} onChange={({ target }) => set({ name: target.value })} />
            <TextField
              label="Description"
              required
              value={draft.description}
              error={errors.description}
              onChange={({ target }) => set({ description: target.value })}
            />
            <div className="grid grid-cols-2 gap-3">
              <TextField
                label="Timeout (s)"
                inputMode="decimal"
                value={draft.timeout}
                error={errors.timeout}
                onChange={({ target }) => set({ timeout: target.value })}
              />
              <TextField
                label="Retries"
                inputMode="numeric"
                value={draft.retries}
                error={errors.retries}
                onChange={({ target }) => set({ retries: target.value })}
              />
            </div>
            {mistake ? null : <InlineError error={save.error} />}
            <div className="flex flex-wrap gap-2">
              <Button
                type="submit"
                look="primary"
                busy={save.isPending}
                icon={fn ? <Save aria-hidden className="size-4" /> : <Upload aria-hidden className="size-4" />}
              >
                {fn ? "Save" : "Upload"}
              </Button>
              <ButtonLink to={fn ? `/functions/${fn._id}` : "/functions"}>Cancel</ButtonLink>
            </div>
          </div>
        </Card>
        <PricePreview code={draft.code} timeout={timeoutOf(draft)} functionId={fn?._id ?? null} />
      </div>
    </form>
  );
}
