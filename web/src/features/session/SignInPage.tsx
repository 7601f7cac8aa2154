/** Asks for an API key when the server requires one. */
import { KeyRound, LogIn } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Field";
import { useNow } from "@/components/Figures";
import { toApiError, type ApiError } from "@/lib/api/client";
import { canBeKey, failureOf } from "@/lib/session/reasons";
import { signIn } from "@/lib/session/session";
import { FullPage } from "./FullPage";

/** `reason`: why the key before is not used any more. */
export function SignInPage({ reason }: { reason: string | null }) {
  return (
    <FullPage title="Sign in" icon={KeyRound}>
      {reason ? (
        <p role="status" className="rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          {reason}
        </p>
      ) : null}
      <SignInForm />
      <p className="text-sm text-muted">
        The operator of the server creates keys with{" "}
        <code className="text-xs">faas key create --name NAME --role ROLE</code>. An admin can also create
        them in the dashboard. The key stays in the open tabs of this browser until you sign out or close the last one. It is
        not saved on this device.
      </p>
    </FullPage>
  );
}

interface Failure {
  error: ApiError | null;
  at: number;
}

function SignInForm() {
  const form = useRef<HTMLFormElement>(null);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const now = useNow(500);
  const wait = failure?.error?.retryAfter ? Math.max(0, Math.ceil(failure.error.retryAfter - (now - failure.at) / 1000)) : 0;
  const key = text.trim();
  // Focus at the start and after a failure, so that a screen reader reads the label and the error.
  useEffect(() => form.current?.querySelector("input")?.focus(), [failure]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || wait > 0 || key === "") return;
    if (!canBeKey(key)) return setFailure({ error: null, at: Date.now() });
    setBusy(true);
    try {
      await signIn(key);
    } catch (cause) {
      setBusy(false);
      setFailure({ error: toApiError(cause), at: Date.now() });
    }
  };
  return (
    <form ref={form} noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <TextField
        label="API key"
        type="password"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="faas_…"
        value={text}
        error={failure ? (failure.error ? failureOf(failure.error, wait) : "A key contains no spaces or special characters.") : null}
        onChange={({ target }) => setText(target.value)}
      />
      <Button
        type="submit"
        look="primary"
        busy={busy}
        disabled={key === "" || wait > 0}
        icon={<LogIn aria-hidden className="size-4" />}
      >
        Sign in
      </Button>
    </form>
  );
}
