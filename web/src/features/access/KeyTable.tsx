/** The keys there are, revoked ones too. */
import { useQuery } from "@tanstack/react-query";
import { Ban, CircleCheck, Hourglass, KeyRound } from "lucide-react";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Ago, useNow } from "@/components/Figures";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { apiKeysQuery } from "@/lib/api/access";
import type { ApiKey } from "@/lib/api/types";
import { formatMoment } from "@/lib/format";
import { ROLE_WORDS } from "@/lib/session/roles";
import { session } from "@/lib/session/session";
import { useStore } from "@/lib/store";
import { stateOf } from "./lifetime";
import { RevokeButton } from "./RevokeButton";

export function KeyTable() {
  const { data, error, refetch } = useQuery(apiKeysQuery());
  const current = useStore(session);
  const now = useNow(5_000);
  const mine = (key: ApiKey) => current.state === "signed-in" && current.key._id === key._id;
  const admins = data?.filter((key) => key.role === "admin" && stateOf(key, now) === "valid").length ?? 0;
  const columns: Column<ApiKey>[] = [
    {
      header: "Name",
      cell: (key) => (
        <span className="flex min-w-24 flex-wrap items-center gap-2">
          <span className="font-medium break-all">{key.name}</span>
          {mine(key) ? <Badge tone="accent">You</Badge> : null}
        </span>
      ),
    },
    { header: "Role", cell: ({ role }) => ROLE_WORDS[role].name },
    { header: "State", from: "sm", cell: (key) => <KeyState apiKey={key} now={now} /> },
    {
      header: "Last used",
      from: "md",
      cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} /> : <span className="text-muted">never</span>),
    },
    { header: "Created", from: "md", cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { header: "Expires", from: "md", cell: ({ expiresAt }) => (expiresAt ? <Moment at={expiresAt} /> : <span className="text-muted">never</span>) },
    { header: "Revoked", from: "lg", cell: ({ revokedAt }) => (revokedAt ? <Moment at={revokedAt} /> : <span className="text-muted">no</span>) },
    {
      header: "Actions",
      right: true,
      cell: (key) =>
        key.revokedAt === null ? (
          <RevokeButton apiKey={key} mine={mine(key)} last={key.role === "admin" && stateOf(key, now) === "valid" && admins === 1} />
        ) : (
          <span className="text-muted">revoked</span>
        ),
    },
  ];
  return (
    <Card title="Keys" flush>
      <Table
        label="Keys"
        columns={columns}
        rows={data}
        rowKey={({ _id }) => _id}
        error={error}
        onRetry={() => void refetch()}
        expect={3}
        empty={
          <EmptyState icon={KeyRound} title="There is no key yet">
            Make the first one above: from then on every request needs one.
          </EmptyState>
        }
      />
    </Card>
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
