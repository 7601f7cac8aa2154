/** The keys of a namespace by prefix, page by page. The address holds the prefix and the page. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { CursorPager } from "@/components/CursorPager";
import { ConfirmDialog } from "@/components/Dialog";
import { TextField } from "@/components/Field";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { useAddress } from "@/lib/address";
import { announce } from "@/lib/announce";
import { keys } from "@/lib/api/keys";
import { deleteNamespace, deleteValue, kvKeysQuery } from "@/lib/api/kv";
import type { KvKey } from "@/lib/api/types";
import { formatBytes, formatMoment } from "@/lib/format";
import { useRefusal } from "@/lib/session/session";
import { ValueDialog } from "./ValueDialog";

/** What is open: the value of a key, an empty form, or a question. */
type Open = { kind: "value"; name: string } | { kind: "new" } | { kind: "delete"; name: string } | { kind: "clear" };

export function KeyList({ namespace }: { namespace: string }) {
  const address = useAddress();
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const prefix = address.get("prefix") ?? "";
  const cursor = address.get("after");
  const [open, setOpen] = useState<Open | null>(null);
  const { data, error, refetch, isPlaceholderData } = useQuery({ ...kvKeysQuery(namespace, prefix, cursor), placeholderData: keepPreviousData });
  const removal = useMutation({
    mutationFn: (name: string | null) => (name === null ? deleteNamespace(namespace) : deleteValue(namespace, name)),
    onSuccess: (_, name) => {
      setOpen(null);
      announce(name === null ? `The namespace ${namespace} is empty.` : `The key ${name} is deleted.`);
      void client.invalidateQueries({ queryKey: keys.kv });
    },
  });
  const columns: readonly Column<KvKey>[] = [
    {
      header: "Key",
      cell: ({ name }) => (
        <Button small look="ghost" className="max-w-48 sm:max-w-96" onClick={() => setOpen({ kind: "value", name })}>
          <span className="truncate">{name}</span>
        </Button>
      ),
    },
    { header: "Size", right: true, cell: ({ bytes }) => formatBytes(bytes) },
    { header: "Expires", from: "md", cell: ({ expiresAt }) => (expiresAt ? <time dateTime={expiresAt}>{formatMoment(expiresAt)}</time> : <span className="text-muted">never</span>) },
    { header: "Metadata", from: "lg", cell: ({ metadata }) => (metadata === null ? <span className="text-muted">none</span> : <code className="text-xs wrap-anywhere">{JSON.stringify(metadata).slice(0, 80)}</code>) },
    {
      header: "Actions",
      right: true,
      cell: ({ name }) => (
        <Button small look="danger" aria-label={`Delete ${name}`} refused={refused} onClick={() => setOpen({ kind: "delete", name })}>
          Delete
        </Button>
      ),
    },
  ];
  return (
    <Card title="Keys" flush>
      <div className="flex flex-wrap items-end gap-3 px-4 pb-4 sm:px-5">
        <div className="min-w-40 flex-1">
          <TextField label="Prefix" value={prefix} autoComplete="off" spellCheck={false} onChange={({ target }) => address.set({ prefix: target.value, after: null })} />
        </div>
        <Button refused={refused} onClick={() => setOpen({ kind: "new" })}>New key</Button>
        <Button look="danger" refused={refused} onClick={() => setOpen({ kind: "clear" })}>Delete all</Button>
      </div>
      <div aria-busy={isPlaceholderData}>
        <Table
          label="Keys"
          columns={columns}
          rows={data?.keys}
          rowKey={({ name }) => name}
          error={error}
          onRetry={() => void refetch()}
          empty={
            <EmptyState icon={KeyRound} title="No keys here">
              {prefix ? "No key on this page begins with the prefix." : "The namespace has no keys on this page."}
            </EmptyState>
          }
        />
      </div>
      <CursorPager
        label="Pages of keys"
        cursor={cursor}
        next={data?.nextCursor ?? null}
        busy={isPlaceholderData}
        words={["First", "Next"]}
        onCursor={(after) => address.set({ after }, { push: true })}
      />
      {open?.kind === "value" ? <ValueDialog namespace={namespace} name={open.name} onClose={() => setOpen(null)} /> : null}
      {open?.kind === "new" ? <ValueDialog namespace={namespace} name={null} onClose={() => setOpen(null)} /> : null}
      {open?.kind === "delete" || open?.kind === "clear" ? (
        <ConfirmDialog
          title={open.kind === "delete" ? `Delete ${open.name}?` : "Delete all keys?"}
          action="Delete"
          busy={removal.isPending}
          error={removal.error}
          onConfirm={() => removal.mutate(open.kind === "delete" ? open.name : null)}
          onClose={() => setOpen(null)}
        >
          {open.kind === "delete" ? "Functions find no value under this key any more." : "All keys of this namespace are deleted, whatever their prefix. This cannot be undone."}
        </ConfirmDialog>
      ) : null}
    </Card>
  );
}
