/** A new key, which is shown only once. It is not in a dialog, because Escape would close that. */
import { Check, Copy, TriangleAlert } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { announce } from "@/lib/announce";
import { copyText } from "@/lib/clipboard";
import type { ApiKey } from "@/lib/api/types";
import { ROLE_WORDS } from "@/lib/session/roles";
import { session } from "@/lib/session/session";
import { useStore } from "@/lib/store";

export function CreatedKey({ created, onDone }: { created: ApiKey; onDone: () => void }) {
  const now = useStore(session);
  const mine = now.state === "signed-in" && now.key._id === created._id;
  return (
    <Card title={`The key ${created.name} is created`} hint={`${ROLE_WORDS[created.role].name}: ${ROLE_WORDS[created.role].may}`}>
      <div className="flex flex-col gap-4">
        <p className="flex items-start gap-2 rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span>
            Copy the key now and store it in a safe place. It is shown only once: the server stores only its hash.
            {mine ? " You are signed in with it, and you need it to sign in again." : null}
          </span>
        </p>
        <KeyText text={created.key ?? ""} />
        <Button className="self-start" icon={<Check aria-hidden className="size-4" />} onClick={onDone}>
          I have stored it
        </Button>
      </div>
    </Card>
  );
}

function KeyText({ text }: { text: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => field.current?.select(), []);
  const copy = async () => {
    field.current?.select();
    const done = await copyText(text);
    const words = done ? "Copied." : "This browser does not allow the page to copy. The key is selected: copy it yourself.";
    setSaid(words);
    announce(words);
  };
  return (
    <div className="flex flex-col gap-1">
      <div className="flex flex-wrap gap-2">
        <input
          ref={field}
          readOnly
          aria-label="The new key"
          value={text}
          onFocus={({ target }) => target.select()}
          className="h-10 min-w-0 flex-1 basis-64 rounded-lg border border-control bg-sunken px-3 font-mono text-sm"
        />
        <Button look="primary" icon={<Copy aria-hidden className="size-4" />} onClick={() => void copy()}>
          Copy
        </Button>
      </div>
      <p className="min-h-5 text-sm text-muted">{said}</p>
    </div>
  );
}
