/** All keys, including revoked ones, and their last use. */
import { useQuery } from "@tanstack/react-query";
import { Ban, CircleCheck, Hourglass, KeyRound } from "lucide-react";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Ago, useNow } from "@/components/Figures";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { useSort } from "@/components/useSort";
import { useAddress } from "@/lib/address";
import { apiKeysQuery } from "@/lib/api/access";
import type { ApiKey } from "@/lib/api/types";
import { formatMoment } from "@/lib/format";
import { ALL_ROLES, ROLE_WORDS } from "@/lib/session/roles";
import { session } from "@/lib/session/session";
import { useStore } from "@/lib/store";
import { inOrder, stateOf, summaryOf } from "./lifetime";
import { RevokeButton } from "./RevokeButton";

/** The rows before "Show all": the audit log is below them. */
const FIRST = 10;

export function KeyTable() {
  const { data, error, refetch } = useQuery(apiKeysQuery());
  const current = useStore(session);
  const now = useNow(5_000);
  const address = useAddress();
  const all = address.get("keys") === "all";
  const rows = data && inOrder(data, now);
  const mine = (key: ApiKey) => current.state === "signed-in" && current.key._id === key._id;
  const admins = data?.filter((key) => key.role === "admin" && stateOf(key, now) === "valid").length ?? 0;
  const columns: Column<ApiKey>[] = [
    {
      header: "Name",
      sort: { id: "name", value: ({ name }) => name },
      cell: (key) => (
        <>
          <span className="flex min-w-24 flex-wrap items-center gap-x-2">
            <span className="font-medium wrap-anywhere">{key.name}</span>
            {mine(key) ? <Badge tone="accent">You</Badge> : null}
          </span>
          <span className="block text-xs text-muted md:hidden">
            {stateOf(key, now) === "expired" ? "expired, " : null}
            <LastUse apiKey={key} />
          </span>
        </>
      ),
    },
    { header: "Role", sort: { id: "role", value: ({ role }) => ALL_ROLES.indexOf(role) }, cell: ({ role }) => ROLE_WORDS[role].name },
    { header: "State", from: "sm", sort: { id: "state", value: (key) => stateOf(key, now) }, cell: (key) => <KeyState apiKey={key} now={now} /> },
    {
      header: "Last used",
      from: "md",
      sort: { id: "used", value: ({ lastUsedAt }) => lastUsedAt },
      cell: (key) => <LastUse apiKey={key} short />,
    },
    { header: "Created", from: "md", sort: { id: "created", value: ({ createdAt }) => createdAt }, cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { header: "Expires", from: "md", sort: { id: "expires", value: ({ expiresAt }) => expiresAt }, cell: ({ expiresAt }) => (expiresAt ? <Moment at={expiresAt} /> : <span className="text-muted">never</span>) },
    {
      header: "Actions",
      right: true,
      cell: (key) =>
        key.revokedAt === null ? (
          <RevokeButton apiKey={key} mine={mine(key)} last={key.role === "admin" && stateOf(key, now) === "valid" && admins === 1} />
        ) : (
          <span className="text-muted">
            revoked <span className="hidden sm:inline"><Ago at={key.revokedAt} /></span>
          </span>
        ),
    },
  ];
  const { sorted, ...sort } = useSort(columns);
  return (
    <Card title="Keys" hint={data && data.length > 0 ? summaryOf(data, now) : null} flush>
      <Table
        label="Keys"
        columns={columns}
        rows={rows && (all ? sorted(rows) : sorted(rows).slice(0, FIRST))}
        {...sort}
        rowKey={({ _id }) => _id}
        error={error}
        onRetry={() => void refetch()}
        expect={3}
        empty={
          <EmptyState icon={KeyRound} title="No keys yet">
            Create the first key above. After that every request needs a key.
          </EmptyState>
        }
      />
      {rows && rows.length > FIRST ? (
        <div className="border-t border-line px-4 py-3 sm:px-5">
          <Button small aria-expanded={all} onClick={() => address.set({ keys: all ? null : "all" })}>
            {all ? `Show the first ${FIRST}` : `Show all ${rows.length} keys`}
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

/** `short`: in a column with a header. */
function LastUse({ apiKey: { lastUsedAt }, short = false }: { apiKey: ApiKey; short?: boolean }) {
  if (lastUsedAt === null) return <span className="text-muted">{short ? "never" : "never used"}</span>;
  return (
    <>
      {short ? null : "used "}
      <Ago at={lastUsedAt} />
    </>
  );
}

const STATES = {
  valid: { tone: "ok", icon: CircleCheck, word: "Valid" },
  expired: { tone: "warn", icon: Hourglass, word: "Expired" },
  revoked: { tone: "plain", icon: Ban, word: "Revoked" },
} as const;

function KeyState({ apiKey, now }: { apiKey: ApiKey; now: number }) {
  const { tone, icon, word } = STATES[stateOf(apiKey, now)];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}

function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} className="numeric whitespace-nowrap">
      {formatMoment(at)}
    </time>
  );
}
