/** Executions that have failed for good and that nobody waits for. The address holds the group that is open. */
import { useQuery } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Ago } from "@/components/Figures";
import { failureWord } from "@/components/Outcome";
import { Page } from "@/components/Page";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { useAddress } from "@/lib/address";
import { deadLetterGroupsQuery } from "@/lib/api/deadLetters";
import type { DeadLetterGroup } from "@/lib/api/types";
import { formatCount } from "@/lib/format";
import { useRefusal } from "@/lib/session/session";
import { DiscardDialog, RedriveDialog, type Wanted } from "./Dialogs";
import { LetterList } from "./LetterList";
import { Redrives } from "./Redrives";

const HERE = { to: "/dead-letters", label: "Dead letters" };
const FUNCTIONS = { to: "/functions", label: "Functions" };

export function DeadLettersPage() {
  const address = useAddress();
  const group = address.get("group");
  if (group !== null) {
    return (
      <Page title="Dead letters of one error" trail={[FUNCTIONS, HERE]}>
        <Redrives />
        <LetterList key={group} group={group} />
      </Page>
    );
  }
  return (
    <Page
      title="Dead letters"
      trail={[FUNCTIONS]}
      hint="Asynchronous executions that have failed their last retry. Redrive them once the cause is gone, or discard them."
    >
      <Redrives />
      <Groups />
    </Page>
  );
}

/** The title of a group: its function and its error. */
const nameOf = ({ functionName, functionId }: DeadLetterGroup) => functionName ?? functionId;

function Groups() {
  const address = useAddress();
  const refused = useRefusal("develop");
  const [redrive, setRedrive] = useState<Wanted | null>(null);
  const [discard, setDiscard] = useState<Wanted | null>(null);
  const { data, error, refetch } = useQuery(deadLetterGroupsQuery());
  const countOf = (count: number) => `${formatCount(count)}${data?.more ? "+" : ""}`;
  const wanted = (group: DeadLetterGroup): Wanted => ({
    title: `${countOf(group.count)} of ${nameOf(group)}`,
    request: { group: group.group },
  });
  const columns: readonly Column<DeadLetterGroup>[] = [
    {
      header: "Error",
      cell: (group) => (
        <Button
          small
          look="ghost"
          className="h-auto! max-w-full py-1 text-left whitespace-normal!"
          onClick={() => address.set({ group: group.group }, { push: true })}
        >
          <span className="line-clamp-2 wrap-anywhere">{group.error ?? "Unknown error"}</span>
        </Button>
      ),
    },
    { header: "Function", from: "sm", cell: (group) => <span className="wrap-anywhere">{nameOf(group)}</span> },
    { header: "Kind", from: "lg", cell: ({ errorKind }) => (errorKind === null ? "—" : failureWord(errorKind)) },
    { header: "Count", right: true, cell: ({ count }) => countOf(count) },
    { header: "Newest", right: true, from: "md", cell: ({ newest }) => <Ago at={newest} /> },
    {
      header: "Actions",
      right: true,
      cell: (group) => (
        <span className="inline-flex flex-wrap justify-end gap-1">
          <Button small refused={refused} aria-label={`Redrive: ${nameOf(group)}, ${group.error ?? ""}`} onClick={() => setRedrive(wanted(group))}>
            Redrive
          </Button>
          <Button small look="ghost" refused={refused} aria-label={`Discard: ${nameOf(group)}, ${group.error ?? ""}`} onClick={() => setDiscard(wanted(group))}>
            Discard
          </Button>
        </span>
      ),
    },
  ];
  const all: Wanted = { title: `all ${countOf(data?.counted ?? 0)}`, request: { all: true } };
  return (
    <Card
      title="By error"
      hint={data?.more ? `The newest ${formatCount(data.counted)} are counted; there are more.` : "Errors that differ in numbers and ids only are one row."}
      flush
      actions={
        data && data.counted > 0 ? (
          <Button small refused={refused} onClick={() => setRedrive(all)}>
            Redrive all
          </Button>
        ) : null
      }
    >
      <Table
        label="Dead letters by error"
        columns={columns}
        rows={data?.groups}
        rowKey={({ group }) => group}
        error={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={MailCheck} title="No dead letters">
            An asynchronous execution that has failed its last retry is shown here.
          </EmptyState>
        }
      />
      {redrive ? <RedriveDialog wanted={redrive} onClose={() => setRedrive(null)} /> : null}
      {discard ? <DiscardDialog wanted={discard} onClose={() => setDiscard(null)} /> : null}
    </Card>
  );
}
