/** The current key, and the sign-out. */
import { LogOut, UserRound } from "lucide-react";
import { useState } from "react";
import { IconButton } from "@/components/Button";
import { ConfirmDialog } from "@/components/Dialog";
import { drafts } from "@/lib/drafts";
import { ROLE_WORDS } from "@/lib/session/roles";
import { session, signOut } from "@/lib/session/session";
import { useStore } from "@/lib/store";

const isLoopback = (host: string) => host === "localhost" || host.endsWith(".localhost") || host.startsWith("127.") || host === "[::1]";

export function Identity() {
  const now = useStore(session);
  const [asking, setAsking] = useState(false);
  if (now.state === "open") {
    return (
      <p className="text-xs text-muted">
        No keys: open to {isLoopback(window.location.hostname) ? "this machine" : "everybody who can reach it"}
      </p>
    );
  }
  if (now.state !== "signed-in") return null;
  const { name, role } = now.key;
  const leave = () => (drafts.get().size > 0 ? setAsking(true) : signOut());
  return (
    <section aria-label="Signed in" className="flex items-center gap-2">
      <UserRound aria-hidden className="size-4 shrink-0 text-muted" />
      <p className="flex min-w-0 flex-1 gap-x-2 text-sm lg:flex-col">
        <span className="truncate font-medium" title={name}>
          {name}
        </span>
        <span className="text-muted" title={`This key ${ROLE_WORDS[role].may}.`}>
          {ROLE_WORDS[role].name}
        </span>
      </p>
      <IconButton label="Sign out" icon={<LogOut aria-hidden className="size-4" />} onClick={leave} />
      {asking ? (
        <ConfirmDialog
          title="Discard unsaved changes?"
          action="Discard changes and sign out"
          keep="Keep editing"
          onConfirm={() => {
            drafts.set(new Map());
            signOut();
          }}
          onClose={() => setAsking(false)}
        >
          A function has changes that are not saved.
        </ConfirmDialog>
      ) : null}
    </section>
  );
}
