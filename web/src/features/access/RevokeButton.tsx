/** Revokes a key, once that is confirmed. */
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
  /** It is the one of whoever is signed in. */
  mine: boolean;
  /** No other valid one is an admin's. */
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
          action="Revoke it"
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>Whoever uses it is turned away at once, and it cannot be made valid again.</p>
          {mine ? <p className="mt-2">It is the key that you are signed in with: you will be signed out.</p> : null}
          {last ? (
            <p className="mt-2">
              No other admin&apos;s key is valid: after it, only <code className="text-xs">faas key create</code> on the server
              makes keys.
            </p>
          ) : null}
        </ConfirmDialog>
      ) : null}
    </>
  );
}
