/** The audit log, newest first. The address holds the page. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { Link } from "react-router";
import { Card } from "@/components/Card";
import { CursorPager } from "@/components/CursorPager";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { useAddress } from "@/lib/address";
import { apiKeysQuery, auditQuery } from "@/lib/api/access";
import type { AuditEntry } from "@/lib/api/types";
import { formatMoment, shortId } from "@/lib/format";
import { useFunctionNames } from "@/lib/names";
import { ACTIONS, pageOf } from "./actions";

const COLUMNS: readonly Column<AuditEntry>[] = [
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
    header: "Action",
    cell: (entry) => (
      <>
        {ACTIONS[entry.action].done}
        <span className="block sm:hidden">
          <Target entry={entry} />
        </span>
      </>
    ),
  },
  { header: "Target", from: "sm", cell: (entry) => <Target entry={entry} /> },
];

export function AuditLog() {
  const address = useAddress();
  const cursor = address.get("before");
  const { data, error, refetch, isPlaceholderData } = useQuery({ ...auditQuery(cursor), placeholderData: keepPreviousData });
  return (
    <Card title="Audit log" hint="Who changed what, newest first" flush>
      <div aria-busy={isPlaceholderData}>
        <Table
          label="Audit log"
          columns={COLUMNS}
          rows={data?.entries}
          rowKey={({ _id }) => _id}
          error={error}
          onRetry={() => void refetch()}
          empty={
            <EmptyState icon={ScrollText} title="No changes yet">
              The log records changes of functions, API keys and stored values, cancelled and repeated executions, and load tests.
            </EmptyState>
          }
        />
      </div>
      <CursorPager
        label="Pages of the audit log"
        cursor={cursor}
        next={data?.nextCursor ?? null}
        busy={isPlaceholderData}
        onCursor={(before) => address.set({ before }, { push: true })}
      />
    </Card>
  );
}

/** The target of a change, by its name if it is known. */
function Target({ entry: { action, target } }: { entry: AuditEntry }) {
  const nameOf = useFunctionNames();
  const { data: apiKeys } = useQuery(apiKeysQuery());
  const { kind } = ACTIONS[action];
  const page = pageOf(action, target);
  const name =
    kind === "function" ? nameOf(target) : kind === "key" ? apiKeys?.find(({ _id }) => _id === target)?.name : undefined;
  const text = name ?? (kind === "namespace" || kind === "dead letters" ? target : `…${shortId(target)}`);
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
