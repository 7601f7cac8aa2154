/** Shows the value of a key and changes it, or adds a key. A value that is no text can only be shown by its size. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { TextArea, TextField } from "@/components/Field";
import { InlineError, Skeleton } from "@/components/States";
import { announce } from "@/lib/announce";
import { keys } from "@/lib/api/keys";
import { readValue, writeValue } from "@/lib/api/kv";
import { formatMoment } from "@/lib/format";
import { useRefusal } from "@/lib/session/session";

interface Props {
  namespace: string;
  /** The key; null for a new one. */
  name: string | null;
  onClose: () => void;
}

export function ValueDialog({ namespace, name, onClose }: Props) {
  const { data, error } = useQuery({
    queryKey: [...keys.kv, "value", namespace, name],
    queryFn: () => readValue(namespace, name ?? ""),
    enabled: name !== null,
    // Functions change values at any time: what is edited must be what was read.
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  return (
    <Dialog title={name ?? "New key"} wide onClose={onClose}>
      {name !== null && data === undefined ? (
        error ? <InlineError error={error} /> : <Skeleton />
      ) : data && !data.isText ? (
        <p className="text-muted">The value is no text. Read it with the API.</p>
      ) : (
        <Form namespace={namespace} name={name} text={data?.text ?? ""} metadata={data?.metadata ?? null} expiresAt={data?.expiresAt ?? null} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface FormProps extends Props {
  text: string;
  metadata: string | null;
  expiresAt: string | null;
}

function Form({ namespace, name, text, metadata, expiresAt, onClose }: FormProps) {
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const [key, setKey] = useState(name ?? "");
  const [value, setValue] = useState(text);
  const [ttl, setTtl] = useState("");
  const [tried, setTried] = useState(false);
  const seconds = Number(ttl);
  const errors = {
    key: key === "" ? "Enter a key." : null,
    ttl: ttl.trim() && !(Number.isInteger(seconds) && seconds > 0) ? "Enter a whole number of seconds, or nothing." : null,
  };
  const write = useMutation({
    mutationFn: () => writeValue(namespace, key, value, { ...(ttl.trim() ? { ttl: seconds } : {}), ...(metadata === null ? {} : { metadata }) }),
    onSuccess: () => {
      announce(`The value of ${key} is stored.`);
      void client.invalidateQueries({ queryKey: keys.kv });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (errors.key === null && errors.ttl === null && !write.isPending) write.mutate();
  };
  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-4">
      {name === null ? (
        <TextField label="Key" value={key} autoComplete="off" spellCheck={false} error={tried ? errors.key : null} onChange={({ target }) => setKey(target.value)} />
      ) : null}
      <TextArea label="Value" rows={6} value={value} spellCheck={false} readOnly={refused !== null} onChange={({ target }) => setValue(target.value)} />
      {metadata === null ? null : (
        <p className="text-sm text-muted">
          Metadata, which stays: <code className="text-xs wrap-anywhere">{metadata}</code>
        </p>
      )}
      <TextField
        label="Expires after (seconds)"
        inputMode="numeric"
        value={ttl}
        error={tried ? errors.ttl : null}
        hint={expiresAt === null ? "Empty: never." : `Now it expires at ${formatMoment(expiresAt)}. Empty: never.`}
        onChange={({ target }) => setTtl(target.value)}
      />
      <InlineError error={write.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button type="button" onClick={onClose}>Close</Button>
        <Button type="submit" look="primary" busy={write.isPending} refused={refused}>Store</Button>
      </div>
    </form>
  );
}
