/** The dead letters of one group, newest first. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { CursorPager } from "@/components/CursorPager";
import { Ago } from "@/components/Figures";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { useAddress } from "@/lib/address";
import { deadLettersQuery } from "@/lib/api/deadLetters";
import type { Execution } from "@/lib/api/types";
import { preview, shortId } from "@/lib/format";
import { useFunctionNames } from "@/lib/names";
import { useRefusal } from "@/lib/session/session";
import { DiscardDialog, RedriveDialog, type Wanted } from "./Dialogs";

export function LetterList({ group }: { group: string }) {
  const address = useAddress();
  const cursor = address.get("before");
  const nameOf = useFunctionNames();
  const refused = useRefusal("develop");
  const [redrive, setRedrive] = useState<Wanted | null>(null);
  const [discard, setDiscard] = useState<Wanted | null>(null);
  const { data, error, refetch, isPlaceholderData } = useQuery({ ...deadLettersQuery(group, cursor), placeholderData: keepPreviousData });
  const one = ({ _id }: Execution): Wanted => ({ title: `execution …${shortId(_id)}`, request: { ids: [_id] } });
  const all: Wanted = { title: "all of this error", request: { group } };
  const first = data?.deadLetters[0];
  const columns: readonly Column<Execution>[] = [
    {
      header: "Execution",
      cell: ({ _id }) => (
        <Link to={`/executions/${_id}`} className="font-medium text-accent hover:underline">
          <code className="whitespace-nowrap">…{shortId(_id)}</code>
        </Link>
      ),
    },
    {
      header: "Input",
      from: "md",
      cell: ({ input, truncated }) => (
        <span className="block max-w-72 truncate text-muted">{truncated?.includes("input") ? "too long for the list" : <code>{preview(input)}</code>}</span>
      ),
    },
    { header: "Error", from: "sm", cell: ({ error: message }) => <span className="line-clamp-2 wrap-anywhere">{message}</span> },
    { header: "When", right: true, cell: ({ createdAt }) => <Ago at={createdAt} /> },
    {
      header: "Actions",
      right: true,
      cell: (row) => (
        <span className="inline-flex flex-wrap justify-end gap-1">
          <Button small refused={refused} aria-label={`Redrive execution …${shortId(row._id)}`} onClick={() => setRedrive(one(row))}>
            Redrive
          </Button>
          <Button small look="ghost" refused={refused} aria-label={`Discard execution …${shortId(row._id)}`} onClick={() => setDiscard(one(row))}>
            Discard
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Card
      title={first ? nameOf(first.functionId) : "Dead letters"}
      flush
      actions={
        first ? (
          <span className="inline-flex gap-1">
            <Button small refused={refused} onClick={() => setRedrive(all)}>
              Redrive all
            </Button>
            <Button small look="ghost" refused={refused} onClick={() => setDiscard(all)}>
              Discard all
            </Button>
          </span>
        ) : null
      }
    >
      <div aria-busy={isPlaceholderData}>
        <Table
          label="Dead letters"
          columns={columns}
          rows={data?.deadLetters}
          rowKey={({ _id }) => _id}
          error={error}
          onRetry={() => void refetch()}
          empty={<EmptyState icon={MailCheck} title="No dead letter of this error is open" />}
        />
      </div>
      <CursorPager
        label="Pages of dead letters"
        cursor={cursor}
        next={data?.nextCursor ?? null}
        busy={isPlaceholderData}
        onCursor={(before) => address.set({ before }, { push: true })}
      />
      {redrive ? <RedriveDialog wanted={redrive} onClose={() => setRedrive(null)} /> : null}
      {discard ? <DiscardDialog wanted={discard} onClose={() => setDiscard(null)} /> : null}
    </Card>
  );
}
