/** The editors, loaded when the first one is shown. */
import { lazy, Suspense, useId } from "react";
import type { CodeEditorProps } from "./CodeEditor";
import PlainEditor from "./PlainEditor";

const CodeEditor = lazy(() => import("./CodeEditor").catch(() => ({ default: PlainEditor })));

/** An editor with its label above it. */
export function Editor(props: CodeEditorProps & { hint?: string; error?: string | null }) {
  const { hint, error, ...rest } = props;
  const id = useId();
  return (
    <div role="group" aria-labelledby={id} className="flex min-w-0 flex-col gap-1">
      <span id={id} className="text-sm font-medium">
        {props.label}
      </span>
      <Suspense
        fallback={
          <div
            style={{ height: (props.minLines ?? 6) * 20 + 10 }}
            className="animate-pulse rounded-lg border border-control bg-sunken"
          />
        }
      >
        <CodeEditor {...rest} />
      </Suspense>
      {error ? (
        <p role="alert" className="text-sm text-bad">
          {error}
        </p>
      ) : hint ? (
        <p className="text-sm text-muted">{hint}</p>
      ) : null}
    </div>
  );
}
