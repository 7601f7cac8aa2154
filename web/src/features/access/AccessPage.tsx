/** Who may do what: API keys, and who changed what. */
import { Lock } from "lucide-react";
import { useState } from "react";
import { Card } from "@/components/Card";
import { Page } from "@/components/Page";
import { EmptyState } from "@/components/States";
import type { ApiKey } from "@/lib/api/types";
import { session, useRefusal } from "@/lib/session/session";
import { useStore } from "@/lib/store";
import { AuditLog } from "./AuditLog";
import { KeyTable } from "./KeyTable";
import { MadeKey } from "./MadeKey";
import { NewKeyForm } from "./NewKeyForm";

export function AccessPage() {
  const refused = useRefusal("administer");
  const open = useStore(session).state === "open";
  const [made, setMade] = useState<ApiKey | null>(null);
  if (refused) {
    return (
      <Page title="Access">
        <Card>
          <EmptyState icon={Lock} title="Keys and the audit log are for admins">
            {refused}
          </EmptyState>
        </Card>
      </Page>
    );
  }
  return (
    <Page title="Access" hint="Whoever calls the API or opens the dashboard shows a key. Its role says what it may do.">
      {made ? (
        <MadeKey made={made} onDone={() => setMade(null)} />
      ) : open ? (
        <Card title="Make the first key" hint="No key is asked for yet: whoever reaches this server may do everything.">
          <p className="mb-4 max-w-3xl text-sm text-muted">
            From the first key on, every request needs one: the dashboard, programs and live connections that have none are
            turned away at once, and for good. The first one is an admin&apos;s, which makes the others. On the server&apos;s own
            machine, <code className="text-xs">faas key create --name NAME --role admin</code> makes one too.
          </p>
          <NewKeyForm first onMade={setMade} />
        </Card>
      ) : (
        <Card title="New key">
          <NewKeyForm first={false} onMade={setMade} />
        </Card>
      )}
      <KeyTable />
      <AuditLog />
    </Page>
  );
}
