/** Where the results of asynchronous executions are sent. */
import { Plus, Trash2 } from "lucide-react";
import { useRef } from "react";
import { Button, IconButton } from "@/components/Button";
import { Card } from "@/components/Card";
import { SelectField, TextField } from "@/components/Field";
import { announce } from "@/lib/announce";
import { checkDestination, KINDS, LISTS, newDestination, type DestinationRow, type DestinationsDraft, type KindId, type ListId } from "./destinations";

interface Props {
  draft: DestinationsDraft;
  onChange: (change: DestinationsDraft) => void;
  /** Whether to show the errors of single rows: after the first try to save. */
  tried: boolean;
  /** An error of all rows together. */
  error: string | undefined;
}

export function DestinationFields({ draft: { destinations }, onChange, tried, error }: Props) {
  const add = useRef<HTMLDivElement>(null);
  const change = (rows: readonly DestinationRow[]) => onChange({ destinations: rows });
  const remove = (row: DestinationRow) => {
    change(destinations.filter(({ id }) => id !== row.id));
    announce("The destination will be removed when you save.");
    // The element that had the focus is gone.
    add.current?.querySelector("button")?.focus();
  };
  return (
    <Card title="Destinations" hint="Where the results of asynchronous executions are sent. Results of calls that wait are not sent.">
      <div className="flex flex-col gap-4">
        {destinations.length > 0 ? (
          <ul aria-label="Destinations" className="flex flex-col gap-4">
            {destinations.map((row) => (
              <Row
                key={row.id}
                row={row}
                tried={tried}
                onChange={(part) => change(destinations.map((other) => (other.id === row.id ? { ...other, ...part } : other)))}
                onRemove={() => remove(row)}
              />
            ))}
          </ul>
        ) : null}
        <div ref={add}>
          <Button small icon={<Plus aria-hidden className="size-4" />} onClick={() => change([...destinations, newDestination()])}>
            Add a destination
          </Button>
        </div>
        {error ? (
          <p role="alert" className="text-sm text-bad">
            {error}
          </p>
        ) : null}
      </div>
    </Card>
  );
}

interface RowProps {
  row: DestinationRow;
  tried: boolean;
  onChange: (change: Partial<DestinationRow>) => void;
  onRemove: () => void;
}

const PLAIN = { autoComplete: "off", autoCapitalize: "off", spellCheck: false } as const;

function Row({ row, tried, onChange, onRemove }: RowProps) {
  const { list, kind, target, secret } = row;
  const shown = KINDS.find(({ id }) => id === kind) ?? KINDS[0];
  return (
    <li className="flex flex-col gap-2 border-b border-line pb-4 last:border-0 last:pb-0">
      <div className="flex items-start gap-2">
        <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-2">
          <SelectField label="When" value={list} onChange={({ target: { value } }) => onChange({ list: value as ListId })}>
            {LISTS.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </SelectField>
          <SelectField label="Do" value={kind} onChange={({ target: { value } }) => onChange({ kind: value as KindId })}>
            {KINDS.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </SelectField>
        </div>
        <div className="pt-6">
          <IconButton label={`Remove the destination ${target || "without a target"}`} icon={<Trash2 aria-hidden className="size-4" />} onClick={onRemove} />
        </div>
      </div>
      <TextField
        label={shown.field}
        value={target}
        error={tried ? checkDestination(row) : null}
        placeholder={shown.hint}
        {...PLAIN}
        onChange={({ target: { value } }) => onChange({ target: value })}
      />
      {kind === "webhook" ? (
        <TextField
          label="Secret that signs it"
          value={secret}
          placeholder="none"
          hint={
            <>
              The name of a secret of the environment: <code>whsec_</code> and Base64. The code cannot read it.
            </>
          }
          {...PLAIN}
          onChange={({ target: { value } }) => onChange({ secret: value })}
        />
      ) : null}
    </li>
  );
}
