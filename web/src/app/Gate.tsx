/** Shows the pages to keys that may read, otherwise the sign-in page. The address stays the same. */
import type { ReactNode } from "react";
import { ErrorState } from "@/components/States";
import { InvokerPage } from "@/features/session/InvokerPage";
import { SignInPage } from "@/features/session/SignInPage";
import { begin, session } from "@/lib/session/session";
import { refusalOf } from "@/lib/session/roles";
import { useStore } from "@/lib/store";

export function Gate({ children }: { children: ReactNode }) {
  const now = useStore(session);
  switch (now.state) {
    case "asking":
      return <div aria-busy="true" />;
    case "unknown":
      return (
        <main>
          <ErrorState error={now.error} onRetry={() => void begin()} />
        </main>
      );
    case "signed-out":
      return <SignInPage reason={now.reason} />;
    case "signed-in":
      return refusalOf(now.key.role, "read") === null ? children : <InvokerPage sessionKey={now.key} />;
    case "open":
      return children;
  }
}
