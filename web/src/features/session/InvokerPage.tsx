/** Shown to a key that can only call functions, in place of an error on every page. */
import { LogOut, SquareTerminal } from "lucide-react";
import { Button } from "@/components/Button";
import type { SessionKey } from "@/lib/api/types";
import { signOut } from "@/lib/session/session";
import { FullPage } from "./FullPage";

export function InvokerPage({ sessionKey }: { sessionKey: SessionKey }) {
  return (
    <FullPage title="This key can only call functions" icon={SquareTerminal}>
      <p>
        You are signed in with <strong className="font-semibold">{sessionKey.name}</strong>, a key with the role{" "}
        {sessionKey.role}. Such a key is for programs: it can call functions and read single executions by their ID.
      </p>
      <p className="text-muted">Call a function with:</p>
      <pre className="rounded-lg bg-sunken p-3 text-xs break-all whitespace-pre-wrap">
        {`curl ${window.location.origin}/api/functions/ID/invoke \\\n  -H "Authorization: Bearer $FAAS_KEY" -d '{}'`}
      </pre>
      <p className="text-muted">To use the dashboard, sign in with a key that has the role reader, developer or admin.</p>
      <Button icon={<LogOut aria-hidden className="size-4" />} onClick={signOut}>
        Sign out
      </Button>
    </FullPage>
  );
}
