/** Namespaces of keys and values. The address holds the namespace that is open. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Database } from "lucide-react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { CursorPager } from "@/components/CursorPager";
import { Page } from "@/components/Page";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { useAddress } from "@/lib/address";
import { namespacesQuery } from "@/lib/api/kv";
import type { KvNamespace } from "@/lib/api/types";
import { formatBytes, formatCount } from "@/lib/format";
import { useFunctionNames } from "@/lib/names";
import { KeyList } from "./KeyList";

/** What the name of a function's own namespace begins with. */
const OWN = "function:";

export function KvPage() {
  const address = useAddress();
  const namespace = address.get("namespace");
  const titleOf = useTitles();
  if (namespace === null) {
    return (
      <Page title="Keys and values" trail={[{ to: "/functions", label: "Functions" }]} hint="Functions keep small state in namespaces. A function has one when its settings name it.">
        <Namespaces />
      </Page>
    );
  }
  return (
    <Page title={titleOf(namespace)} trail={[{ to: "/kv", label: "Keys and values" }]}>
      <KeyList key={namespace} namespace={namespace} />
    </Page>
  );
}

/** What to call a namespace: a function's own one has the name of the function. */
function useTitles() {
  const nameOf = useFunctionNames();
  return (namespace: string) => {
    if (!namespace.startsWith(OWN)) return namespace;
    const name = nameOf(namespace.slice(OWN.length));
    return name === undefined ? namespace : `Own namespace of ${name}`;
  };
}

function Namespaces() {
  const address = useAddress();
  const cursor = address.get("after");
  const titleOf = useTitles();
  const { data, error, refetch, isPlaceholderData } = useQuery({ ...namespacesQuery(cursor), placeholderData: keepPreviousData });
  const columns: readonly Column<KvNamespace>[] = [
    {
      header: "Namespace",
      cell: ({ name }) => (
        <Button small look="ghost" className="max-w-full" onClick={() => address.set({ namespace: name, after: null }, { push: true })}>
          <span className="truncate">{titleOf(name)}</span>
        </Button>
      ),
    },
    { header: "Keys", right: true, cell: ({ keys }) => formatCount(keys) },
    { header: "Size", right: true, cell: ({ bytes }) => formatBytes(bytes) },
  ];
  return (
    <Card title="Namespaces" hint="Keys that have expired count until they are removed." flush>
      <div aria-busy={isPlaceholderData}>
        <Table
          label="Namespaces"
          columns={columns}
          rows={data?.namespaces}
          rowKey={({ name }) => name}
          error={error}
          onRetry={() => void refetch()}
          empty={
            <EmptyState icon={Database} title="No keys yet">
              Set “Keys and values” in the settings of a function. Its code then finds <code className="text-xs">context.kv</code>.
            </EmptyState>
          }
        />
      </div>
      <CursorPager
        label="Pages of namespaces"
        cursor={cursor}
        next={data?.nextCursor ?? null}
        busy={isPlaceholderData}
        words={["First", "Next"]}
        onCursor={(after) => address.set({ after }, { push: true })}
      />
    </Card>
  );
}
