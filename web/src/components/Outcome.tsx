/** What became of an execution, and of one that failed, why. */
import type { ErrorKind } from "@/lib/api/types";
import { StatusBadge } from "./Badge";

const FAILURES: Record<ErrorKind, { word: string; sentence: string }> = {
  user_error: { word: "Error in the function", sentence: "The function threw, or its result is not JSON." },
  timeout: { word: "Timeout", sentence: "It ran longer than its timeout." },
  out_of_memory: { word: "Out of memory", sentence: "It needed more memory than its tier has." },
  stack_overflow: { word: "Stack overflow", sentence: "It called itself too deeply." },
  cancelled: { word: "Cancelled", sentence: "Somebody cancelled it." },
  platform: { word: "Platform", sentence: "The platform failed it, not the function. Such an attempt is free." },
};

export const ERROR_KINDS = Object.keys(FAILURES) as readonly ErrorKind[];

const known = (kind: string) => (Object.hasOwn(FAILURES, kind) ? FAILURES[kind as ErrorKind] : null);

/** A kind in a few words; one that this dashboard does not know as it is. */
export const failureWord = (kind: string) => known(kind)?.word ?? kind.replaceAll("_", " ");

/** A kind in a sentence. */
export const failureSentence = (kind: string) => known(kind)?.sentence ?? null;

interface Props {
  status: string;
  errorKind: string | null;
  /** The reason below the state: for narrow columns. */
  stacked?: boolean;
}

export function Outcome({ status, errorKind, stacked = false }: Props) {
  return (
    <span className={`inline-flex gap-x-2 ${stacked ? "flex-col items-start" : "flex-wrap items-center"}`}>
      <StatusBadge status={status} />
      {errorKind ? (
        <span className={`text-bad ${stacked ? "pl-1 text-xs whitespace-nowrap" : "text-sm"}`}>{failureWord(errorKind)}</span>
      ) : null}
    </span>
  );
}
