/** The variables and secrets of a function. The value of a secret is never shown. */
import { KeyRound } from "lucide-react";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Ago } from "@/components/Figures";
import { Table } from "@/components/Table";
import type { FunctionConfig } from "@/lib/api/types";
import { entriesOf } from "./environment";

export function Environment({ config }: { config: FunctionConfig }) {
  const entries = entriesOf(config);
  if (entries.length === 0) return null;
  return (
    <Card title="Environment" hint={<>The code reads these as <code>context.env.NAME</code>.</>} flush>
      <Table
        label="Environment"
        rows={entries}
        rowKey={({ name }) => name}
        empty={null}
        columns={[
          { header: "Name", cell: ({ name }) => <code className="break-all">{name}</code> },
          {
            header: "Value",
            cell: ({ value, setAt }) =>
              setAt === null ? (
                <code className="break-all whitespace-pre-wrap">{value}</code>
              ) : (
                <span className="flex flex-wrap items-center gap-x-3 text-muted">
                  <Badge icon={KeyRound}>Secret</Badge>
                  <span>
                    set <Ago at={setAt} />
                  </span>
                </span>
              ),
          },
        ]}
      />
    </Card>
  );
}
