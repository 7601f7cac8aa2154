/** Who is signed in, and the way out. */
import { LogOut, UserRound } from "lucide-react";
import { IconButton } from "@/components/Button";
import { ROLE_WORDS } from "@/lib/session/roles";
import { session, signOut } from "@/lib/session/session";
import { useStore } from "@/lib/store";

const isLoopback = (host: string) => host === "localhost" || host.endsWith(".localhost") || host.startsWith("127.") || host === "[::1]";

export function Identity() {
  const now = useStore(session);
  if (now.state === "open") {
    return (
      <p className="text-xs text-muted">
        No keys: open to {isLoopback(window.location.hostname) ? "this machine" : "all who reach it"}
      </p>
    );
  }
  if (now.state !== "signed-in") return null;
  const { name, role } = now.key;
  return (
    <section aria-label="Signed in" className="flex items-center gap-2">
      <UserRound aria-hidden className="size-4 shrink-0 text-muted" />
      <p className="flex min-w-0 flex-1 gap-x-2 text-sm lg:flex-col">
        <span className="truncate font-medium" title={name}>
          {name}
        </span>
        <span className="text-muted" title={`${ROLE_WORDS[role].name}: ${ROLE_WORDS[role].may}`}>
          {ROLE_WORDS[role].name}
        </span>
      </p>
      <IconButton label="Sign out" icon={<LogOut aria-hidden className="size-4" />} onClick={signOut} />
    </section>
  );
}
