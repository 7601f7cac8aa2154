/** Revokes a key after confirmation. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/Button";
import { ConfirmDialog } from "@/components/Dialog";
import { announce } from "@/lib/announce";
import { revokeApiKey } from "@/lib/api/access";
import { keys } from "@/lib/api/keys";
import type { ApiKey } from "@/lib/api/types";
import { dismissed } from "@/lib/session/session";

interface Props {
  apiKey: ApiKey;
  /** Whether it is the current key. */
  mine: boolean;
  /** Whether it is the last valid key with the role admin. */
  last: boolean;
}

export function RevokeButton({ apiKey, mine, last }: Props) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: () => revokeApiKey(apiKey._id),
    onSuccess: () => {
      if (mine) return dismissed();
      setAsking(false);
      announce(`The key ${apiKey.name} is revoked.`);
      void client.invalidateQueries({ queryKey: keys.access });
    },
  });
  return (
    <>
      <Button small look="danger" aria-label={`Revoke ${apiKey.name}`} onClick={() => setAsking(true)}>
        Revoke
      </Button>
      {asking ? (
        <ConfirmDialog
          title={`Revoke ${apiKey.name}?`}
          action="Revoke"
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>The server rejects this key from now on. This cannot be undone.</p>
          {mine ? <p className="mt-2">You are signed in with this key: you will be signed out.</p> : null}
          {last ? (
            <p className="mt-2">
              It is the last valid admin key. After that you can create keys only on the server, with{" "}
              <code className="text-xs">faas key create</code>.
            </p>
          ) : null}
        </ConfirmDialog>
      ) : null}
    </>
  );
}
