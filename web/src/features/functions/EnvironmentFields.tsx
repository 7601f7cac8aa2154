/** The variables and secrets of a function, to be set, replaced and removed. */
import { KeyRound, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { announce } from "@/lib/announce";
import { checkEntries, newEntry, type Entry } from "./environment";
import { EntryFields } from "./EntryFields";

interface Props {
  entries: readonly Entry[];
  onChange: (change: (old: readonly Entry[]) => Entry[]) => void;
  /** Whether to say what is wrong with single lines. */
  tried: boolean;
  /** What is wrong with all of them together. */
  error: string | undefined;
}

export function EnvironmentFields({ entries, onChange, tried, error }: Props) {
  const errors = tried ? checkEntries(entries) : new Map();
  const add = useRef<HTMLDivElement>(null);
  const [fresh, setFresh] = useState<number | null>(null);
  const append = (secret: boolean) => {
    const entry = newEntry(secret);
    setFresh(entry.id);
    onChange((old) => [...old, entry]);
  };
  const remove = ({ id, name, secret }: Entry) => {
    onChange((old) => old.filter((entry) => entry.id !== id));
    announce(`${name || (secret ? "The secret" : "The variable")} is removed once this is saved.`);
    // What had the focus is gone with its line.
    add.current?.querySelector("button")?.focus();
  };
  return (
    <Card
      title="Environment"
      hint={
        <>
          Its code reads them as <code>context.env.NAME</code>. Secrets are encrypted, and not shown again.
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
          <Button small icon={<KeyRound aria-hidden className="size-4" />} onClick={() => append(true)}>
            Add a secret
          </Button>
        </div>
      </div>
    </Card>
  );
}
