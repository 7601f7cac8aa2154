/** Who changed what, newest first. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { Link } from "react-router";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { EmptyState, InlineError } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { apiKeysQuery, auditQuery } from "@/lib/api/access";
import type { AuditEntry } from "@/lib/api/types";
import { formatMoment, shortId } from "@/lib/format";
import { useFunctionNames } from "@/lib/names";
import { ACTIONS, pageOf } from "./actions";

export function AuditLog() {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } =
    useInfiniteQuery(auditQuery());
  const rows = data?.pages.flatMap(({ entries }) => entries);
  const columns: Column<AuditEntry>[] = [
    {
      header: "When",
      cell: ({ at }) => (
        <time dateTime={at} className="numeric sm:whitespace-nowrap">
          {formatMoment(at)}
        </time>
      ),
    },
    {
      header: "Who",
      cell: ({ actor }) =>
        actor.keyId === null ? <span className="text-muted">{actor.name}, without a key</span> : <span className="wrap-anywhere">{actor.name}</span>,
    },
    {
      header: "What",
      cell: (entry) => (
        <>
          {ACTIONS[entry.action].done}
          <span className="block sm:hidden">
            <Target entry={entry} />
          </span>
        </>
      ),
    },
    { header: "Of", from: "sm", cell: (entry) => <Target entry={entry} /> },
  ];
  return (
    <Card title="Audit log" hint="Who changed what, newest first" flush>
      <Table
        label="Audit log"
        columns={columns}
        rows={rows}
        rowKey={({ _id }) => _id}
        error={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={ScrollText} title="Nothing has been changed yet">
            Changes of functions and keys, cancelled and repeated executions, and load tests are written down here.
          </EmptyState>
        }
      />
      {hasNextPage ? (
        <div className="flex flex-col items-start gap-2 border-t border-line px-4 py-3 sm:px-5">
          <InlineError error={isFetchNextPageError ? error : null} />
          <Button small busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show earlier entries
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

/** What was changed, by its name where it has one that is known. */
function Target({ entry: { action, target } }: { entry: AuditEntry }) {
  const nameOf = useFunctionNames();
  const { data: apiKeys } = useQuery(apiKeysQuery());
  const { kind } = ACTIONS[action];
  const page = pageOf(action, target);
  const name =
    kind === "function" ? nameOf(target) : kind === "key" ? apiKeys?.find(({ _id }) => _id === target)?.name : undefined;
  const text = name ?? `…${shortId(target)}`;
  return page ? (
    <Link to={page} title={target} className="wrap-anywhere text-accent hover:underline">
      {text}
    </Link>
  ) : (
    <span title={target} className="wrap-anywhere">
      {text}
    </span>
  );
}
