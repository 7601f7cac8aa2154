/** A labelled editor. The code editor is loaded when the first one is shown. */
import { lazy, Suspense, useId } from "react";
import type { CodeEditorProps } from "./CodeEditor";
import PlainEditor from "./PlainEditor";

const CodeEditor = lazy(() => import("./CodeEditor").catch(() => ({ default: PlainEditor })));

interface Props extends CodeEditorProps {
  hint?: string;
  /** A possible problem, which prevents nothing. */
  warning?: string;
  error?: string | null;
}

export function Editor({ hint, warning, error, ...rest }: Props) {
  const id = useId();
  return (
    <div role="group" aria-labelledby={id} className="flex min-w-0 flex-col gap-1">
      <span id={id} className="text-sm font-medium">
        {rest.label}
      </span>
      <Suspense
        fallback={
          <div
            style={{ height: (rest.minLines ?? 6) * 20 + 10 }}
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
      ) : warning ? (
        <p role="status" className="text-sm text-warn">
          {warning}
        </p>
      ) : hint ? (
        <p className="text-sm text-muted">{hint}</p>
      ) : null}
    </div>
  );
}
