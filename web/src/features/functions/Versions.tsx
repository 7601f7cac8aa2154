/** The versions of a function: how each does, which one is live, what differs, and going back. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { GitCompare, History } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Badge } from "@/components/Badge";
import { Button, IconButton } from "@/components/Button";
import { Card } from "@/components/Card";
import { ConfirmDialog, Dialog } from "@/components/Dialog";
import { Ago, Money } from "@/components/Figures";
import { Loaded, Skeleton } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { announce } from "@/lib/announce";
import { setAlias, versionQuery, versionsQuery } from "@/lib/api/functions";
import { keys } from "@/lib/api/keys";
import type { Fn, Version } from "@/lib/api/types";
import { formatBytes, formatCount, formatDuration, formatPercent } from "@/lib/format";
import { useRefusal } from "@/lib/session/session";
import { aliasesOf, liveVersion, textOf } from "./versions";

const DiffView = lazy(() => import("@/components/editor/DiffView"));

/** How many versions are shown before the rest is asked for. */
const FEW = 5;

export function Versions({ fn }: { fn: Fn }) {
  const refused = useRefusal("develop");
  const [all, showAll] = useState(false);
  const [compared, compare] = useState<number | null>(null);
  const [next, setNext] = useState<number | null>(null);
  const { data, error, refetch } = useQuery(versionsQuery(fn._id));
  const live = data && liveVersion(data.versions, data.aliases);
  const newest = data?.versions[0]?.version ?? fn.version;
  const reason = data?.aliases.live?.reason;
  const isLive = (version: number) =>
    aliasesOf(version, newest, data?.aliases ?? {}).some(({ name, percent }) => name === "live" && percent === 100);
  const columns: readonly Column<Version>[] = [
    {
      header: "Version",
      cell: ({ version }) => (
        <span className="inline-flex flex-wrap items-center gap-1.5">
          <span className="numeric font-medium">{version}</span>
          {aliasesOf(version, newest, data?.aliases ?? {}).map(({ name, percent }) => (
            <Badge key={name} tone={name === "live" ? "ok" : "plain"}>
              {percent === 100 ? name : `${name} ${percent} %`}
            </Badge>
          ))}
        </span>
      ),
    },
    { header: "Changed", from: "md", cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
    { header: "Size", right: true, from: "xl", cell: ({ codeLength }) => formatBytes(codeLength) },
    { header: "Executions", right: true, from: "sm", cell: ({ stats }) => (stats ? formatCount(stats.executions) : "—") },
    {
      header: "Failed",
      right: true,
      from: "sm",
      cell: ({ stats }) => (stats ? formatPercent((stats.failed / stats.executions) * 100) : "—"),
    },
    { header: "p50", right: true, from: "lg", cell: ({ stats }) => (stats?.p50 === undefined ? "—" : formatDuration(stats.p50)) },
    { header: "p99", right: true, from: "lg", cell: ({ stats }) => (stats?.p99 === undefined ? "—" : formatDuration(stats.p99)) },
    { header: "Cost", right: true, from: "xl", cell: ({ stats }) => (stats ? <Money value={stats.totalCost} /> : "—") },
    {
      header: "Actions",
      right: true,
      cell: ({ version }) => (
        <span className="inline-flex items-center justify-end gap-1 whitespace-nowrap">
          {version === live ? null : (
            <IconButton
              label={`Compare version ${version} with version ${live}`}
              icon={<GitCompare aria-hidden className="size-4" />}
              onClick={() => compare(version)}
            />
          )}
          {isLive(version) ? null : (
            <Button
              small
              refused={refused}
              icon={<History aria-hidden className="size-4" />}
              aria-label={`Make live: version ${version}`}
              onClick={() => setNext(version)}
            >
              Make live
            </Button>
          )}
        </span>
      ),
    },
  ];
  const rows = data?.versions;
  return (
    <Card
      title="Versions"
      hint={`The figures are those of the last 24 hours, of up to 2,000 executions.${reason === undefined ? "" : ` Live: ${reason}.`}`}
      flush
    >
      <Table
        label="Versions"
        columns={columns}
        rows={all ? rows : rows?.slice(0, FEW)}
        rowKey={({ version }) => String(version)}
        error={error}
        onRetry={() => void refetch()}
        empty={null}
        expect={1}
      />
      {rows && rows.length > FEW && !all ? (
        <div className="p-3 text-center">
          <Button small look="ghost" onClick={() => showAll(true)}>
            Show all {rows.length} versions
          </Button>
        </div>
      ) : null}
      {compared === null || live === undefined ? null : (
        <Difference fn={fn} before={Math.min(compared, live)} after={Math.max(compared, live)} onClose={() => compare(null)} />
      )}
      {next === null || live === undefined ? null : <MakeLive fn={fn} from={live} to={next} onClose={() => setNext(null)} />}
    </Card>
  );
}

function Difference({ fn, before, after, onClose }: { fn: Fn; before: number; after: number; onClose: () => void }) {
  const one = useQuery(versionQuery(fn._id, before));
  const other = useQuery(versionQuery(fn._id, after));
  const title = `Version ${before} and version ${after}`;
  return (
    <Dialog title={title} wide onClose={onClose}>
      <p className="mb-3 text-sm text-muted">
        Red lines are in version {before} only, green lines in version {after} only.
      </p>
      <Loaded query={one}>
        {(old) => (
          <Loaded query={other}>
            {(young) => (
              <Suspense fallback={<Skeleton lines={8} />}>
                <DiffView label={title} before={textOf(old)} after={textOf(young)} />
              </Suspense>
            )}
          </Loaded>
        )}
      </Loaded>
    </Dialog>
  );
}

function MakeLive({ fn, from, to, onClose }: { fn: Fn; from: number; to: number; onClose: () => void }) {
  const client = useQueryClient();
  const move = useMutation({
    mutationFn: () => setAlias(fn._id, "live", { version: to }),
    onSuccess: (changed) => {
      client.setQueryData(keys.function(fn._id), changed);
      void client.invalidateQueries({ queryKey: keys.versions(fn._id) });
      announce(`Version ${to} of ${fn.name} is live.`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={`Make version ${to} live?`}
      action={to < from ? "Roll back" : "Make live"}
      busy={move.isPending}
      error={move.error}
      onConfirm={() => move.mutate()}
      onClose={onClose}
    >
      {to === from ? <>All calls then run version {to}.</> : <>Calls then run version {to} instead of version {from}.</>} Executions that have begun or wait in the queue keep their
      version. Code that you deploy later is live again.
    </ConfirmDialog>
  );
}
