/** What has been done about an execution that has failed for good. */
import { Link } from "react-router";
import { Ago } from "@/components/Figures";
import type { Execution } from "@/lib/api/types";
import { shortId } from "@/lib/format";

export function DeadLetterNote({ letter: { status, group, redrivenBy, discardedBy, at } }: { letter: NonNullable<Execution["deadLetter"]> }) {
  const when = at === undefined ? null : <Ago at={at} />;
  if (redrivenBy !== undefined) {
    return (
      <p className="text-sm">
        Redriven as{" "}
        <Link to={`/executions/${redrivenBy}`} className="text-accent underline">
          execution …{shortId(redrivenBy)}
        </Link>{" "}
        {when}
      </p>
    );
  }
  if (status === "discarded") {
    return (
      <p className="text-sm">
        Discarded{discardedBy === undefined ? "" : ` by ${discardedBy}`} {when}
      </p>
    );
  }
  return (
    <p className="text-sm">
      <Link to={`/dead-letters?group=${group}`} className="text-accent underline">
        Open dead letter
      </Link>
    </p>
  );
}
