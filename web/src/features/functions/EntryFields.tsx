/** One line of the environment: a variable with its value, or a secret that can be replaced. */
import { KeyRound, Trash2, Undo2 } from "lucide-react";
import { useEffect, useRef, type ClipboardEvent } from "react";
import { Badge } from "@/components/Badge";
import { Button, IconButton } from "@/components/Button";
import { TextArea, TextField } from "@/components/Field";
import { Ago } from "@/components/Figures";
import type { Entry, EntryErrors } from "./environment";

interface Props {
  entry: Entry;
  errors: EntryErrors;
  /** Added just now: it receives the focus. */
  fresh: boolean;
  onChange: (change: Partial<Entry>) => void;
  onRemove: () => void;
}

export function EntryFields({ entry, errors, fresh, onChange, onRemove }: Props) {
  const { secret, name, value, setAt } = entry;
  const line = useRef<HTMLLIElement>(null);
  const replacing = setAt !== null && value !== null;
  const was = useRef(replacing);
  // Focus a new line, the field of a secret that is replaced, or the button that takes its place.
  useEffect(() => {
    const wanted = fresh || replacing ? "input, textarea" : was.current ? "button" : null;
    if (wanted) line.current?.querySelector<HTMLElement>(wanted)?.focus();
    was.current = replacing;
  }, [fresh, replacing]);
  const remove = (
    <IconButton label={`Remove ${name || (secret ? "this secret" : "this variable")}`} icon={<Trash2 aria-hidden className="size-4" />} onClick={onRemove} />
  );
  return (
    <li
      ref={line}
      className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-2 gap-y-2 border-b border-line pb-4 last:border-0 last:pb-0 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto]"
    >
      {setAt === null ? (
        <TextField
          label={secret ? "Secret" : "Variable"}
          value={name}
          error={errors.name}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onChange={({ target }) => onChange({ name: target.value })}
        />
      ) : (
        <div className="flex min-w-0 flex-col gap-1">
          <p className="text-sm font-medium">Secret</p>
          <p className="flex min-h-10 items-center">
            <code className="min-w-0 break-all">{name}</code>
          </p>
        </div>
      )}
      <div className="col-span-2 row-start-2 min-w-0 sm:col-span-1 sm:col-start-2 sm:row-start-1">
        {value === null && setAt !== null ? (
          <div className="flex flex-col gap-1">
            <p className="text-sm font-medium">Value</p>
            <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-2 text-sm text-muted">
              <Badge icon={KeyRound}>Set</Badge>
              <Ago at={setAt} />
              <Button small aria-label={`Replace ${name}`} onClick={() => onChange({ value: "" })}>
                Replace
              </Button>
            </div>
          </div>
        ) : secret ? (
          <SecretField name={name} value={value ?? ""} error={errors.value} kept={setAt !== null} onChange={onChange} />
        ) : (
          <TextArea
            label="Value"
            value={value ?? ""}
            error={errors.value}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => onChange({ value: target.value })}
          />
        )}
      </div>
      <div className="col-start-2 row-start-1 pt-6 sm:col-start-3">{remove}</div>
    </li>
  );
}

interface SecretFieldProps {
  name: string;
  value: string;
  error: string | undefined;
  /** Whether the server has a value that can be kept. */
  kept: boolean;
  onChange: (change: Partial<Entry>) => void;
}

function SecretField({ name, value, error, kept, onChange }: SecretFieldProps) {
  // A password field drops line breaks, which would change a pasted key.
  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData("text");
    if (!/[\r\n]/.test(text)) return;
    event.preventDefault();
    onChange({ value: text });
  };
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <TextField
          label="Value"
          type="password"
          autoComplete="new-password"
          value={value}
          error={error}
          hint={/[\r\n]/.test(value) ? "The value has several lines." : undefined}
          onPaste={paste}
          onChange={({ target }) => onChange({ value: target.value })}
        />
      </div>
      {kept ? (
        <div className="pt-6">
          <IconButton label={`Keep ${name} as it is`} icon={<Undo2 aria-hidden className="size-4" />} onClick={() => onChange({ value: null })} />
        </div>
      ) : null}
    </div>
  );
}
