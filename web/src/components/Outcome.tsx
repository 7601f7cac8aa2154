/** The status of an execution, and the kind of failure. */
import type { ErrorKind } from "@/lib/api/types";
import { StatusBadge } from "./Badge";

const FAILURES: Record<ErrorKind, { word: string; sentence: string }> = {
  user_error: { word: "Error in the function", sentence: "The function threw an error, or its result is not JSON." },
  timeout: { word: "Timeout", sentence: "The function ran longer than its timeout." },
  out_of_memory: { word: "Out of memory", sentence: "The function needed more memory than its tier has." },
  stack_overflow: { word: "Stack overflow", sentence: "The function exceeded its call stack." },
  cancelled: { word: "Cancelled", sentence: "The execution was cancelled." },
  platform: { word: "Platform", sentence: "The platform failed, not the function. The attempt is free." },
};

export const ERROR_KINDS = Object.keys(FAILURES) as readonly ErrorKind[];

const known = (kind: string) => (Object.hasOwn(FAILURES, kind) ? FAILURES[kind as ErrorKind] : null);

/** A kind of failure in a few words. An unknown kind is shown as it is. */
export const failureWord = (kind: string) => known(kind)?.word ?? kind.replaceAll("_", " ");

/** A kind of failure in a sentence. */
export const failureSentence = (kind: string) => known(kind)?.sentence ?? null;

interface Props {
  status: string;
  errorKind: string | null;
  /** Puts the kind below the status, for narrow columns. */
  stacked?: boolean;
}

export function Outcome({ status, errorKind, stacked = false }: Props) {
  return (
    <span className={`inline-flex gap-x-2 ${stacked ? "flex-col items-start" : "flex-wrap items-center"}`}>
      <StatusBadge status={status} />
      {errorKind ? (
        <span className={`text-bad ${stacked ? "pl-1 text-xs sm:whitespace-nowrap" : "text-sm"}`}>{failureWord(errorKind)}</span>
      ) : null}
    </span>
  );
}
