/** API keys and the audit log. */
import { Lock } from "lucide-react";
import { useState } from "react";
import { Card } from "@/components/Card";
import { Page } from "@/components/Page";
import { EmptyState } from "@/components/States";
import type { ApiKey } from "@/lib/api/types";
import { session, useRefusal } from "@/lib/session/session";
import { useStore } from "@/lib/store";
import { AuditLog } from "./AuditLog";
import { CreatedKey } from "./CreatedKey";
import { KeyTable } from "./KeyTable";
import { NewKeyForm } from "./NewKeyForm";

export function AccessPage() {
  const refused = useRefusal("administer");
  const open = useStore(session).state === "open";
  const [created, setCreated] = useState<ApiKey | null>(null);
  if (refused) {
    return (
      <Page title="Access">
        <Card>
          <EmptyState icon={Lock} title="Only admins can see keys and the audit log">
            {refused}
          </EmptyState>
        </Card>
      </Page>
    );
  }
  return (
    <Page title="Access" hint="Programs and people use a key for the API and the dashboard. Its role decides what they may do.">
      {created ? (
        <CreatedKey created={created} onDone={() => setCreated(null)} />
      ) : open ? (
        <Card title="Create the first key" hint="The server requires no key yet: everybody who can reach it may do everything.">
          <p className="mb-4 max-w-3xl text-sm text-muted">
            As soon as the first key exists, every request needs a key: the server rejects programs, dashboards and live
            connections that have none. You cannot undo this. The first key has the role admin and can create others. On
            the server itself you can also run <code className="text-xs">faas key create --name NAME --role admin</code>.
          </p>
          <NewKeyForm first onCreated={setCreated} />
        </Card>
      ) : (
        <Card title="New key">
          <NewKeyForm first={false} onCreated={setCreated} />
        </Card>
      )}
      <KeyTable />
      <AuditLog />
    </Page>
  );
}
