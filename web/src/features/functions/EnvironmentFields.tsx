/** Sets, replaces and removes the variables and secrets of a function. */
import { KeyRound, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { announce } from "@/lib/announce";
import { canStoreSecrets } from "@/lib/session/session";
import { useStore } from "@/lib/store";
import { checkEntries, newEntry, type Entry } from "./environment";
import { EntryFields } from "./EntryFields";

const NO_SECRETS = "To use secrets, the operator must start the server with FAAS_SECRET_KEY.";

interface Props {
  entries: readonly Entry[];
  onChange: (change: (old: readonly Entry[]) => Entry[]) => void;
  /** Whether to show the errors of single lines: after the first try to save. */
  tried: boolean;
  /** An error of all lines together. */
  error: string | undefined;
}

export function EnvironmentFields({ entries, onChange, tried, error }: Props) {
  const errors = tried ? checkEntries(entries) : new Map();
  const secrets = useStore(canStoreSecrets);
  const add = useRef<HTMLDivElement>(null);
  const [fresh, setFresh] = useState<number | null>(null);
  const append = (secret: boolean) => {
    const entry = newEntry(secret);
    setFresh(entry.id);
    onChange((old) => [...old, entry]);
  };
  const remove = ({ id, name, secret }: Entry) => {
    onChange((old) => old.filter((entry) => entry.id !== id));
    announce(`${name || (secret ? "The secret" : "The variable")} will be removed when you save.`);
    // The element that had the focus is gone.
    add.current?.querySelector("button")?.focus();
  };
  return (
    <Card
      title="Environment"
      hint={
        <>
          The code reads these as <code>context.env.NAME</code>.{secrets ? " Secrets are encrypted and never shown again." : null}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {entries.length > 0 ? (
          <ul aria-label="Variables and secrets" className="flex flex-col gap-4">
            {entries.map((entry) => (
              <EntryFields
                key={entry.id}
                entry={entry}
                errors={errors.get(entry.id) ?? {}}
                fresh={fresh === entry.id}
                onChange={(change) =>
                  onChange((old) => old.map((other) => (other.id === entry.id ? { ...other, ...change } : other)))
                }
                onRemove={() => remove(entry)}
              />
            ))}
          </ul>
        ) : null}
        {error ? (
          <p role="alert" className="text-sm text-bad">
            {error}
          </p>
        ) : null}
        <div ref={add} className="flex flex-wrap gap-2">
          <Button small icon={<Plus aria-hidden className="size-4" />} onClick={() => append(false)}>
            Add a variable
          </Button>
          {secrets ? (
            <Button small icon={<KeyRound aria-hidden className="size-4" />} onClick={() => append(true)}>
              Add a secret
            </Button>
          ) : null}
        </div>
        {secrets ? null : <p className="text-sm text-muted">{NO_SECRETS}</p>}
      </div>
    </Card>
  );
}
