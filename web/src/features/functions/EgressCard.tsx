/** Explains what would happen to a request of the code, without making it. */
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { SelectField, TextField } from "@/components/Field";
import { InlineError } from "@/components/States";
import { checkRequest } from "@/lib/api/functions";
import type { EgressExplanation, Fn } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export function EgressCard({ fn }: { fn: Fn }) {
  const [url, setUrl] = useState("https://");
  const [method, setMethod] = useState("GET");
  const refused = useRefusal("develop");
  const check = useMutation({ mutationFn: () => checkRequest(fn._id, { url, method }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    check.mutate();
  };
  return (
    <Card title="Requests of the code" hint={summary(fn)}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <div className="grid items-end gap-3 sm:grid-cols-[8rem_minmax(0,1fr)_auto]">
          <SelectField label="Method" value={method} onChange={({ target }) => setMethod(target.value)}>
            {METHODS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </SelectField>
          <TextField
            label="URL"
            inputMode="url"
            value={url}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            onChange={({ target }) => setUrl(target.value)}
          />
          <Button type="submit" busy={check.isPending} refused={refused}>
            Check
          </Button>
        </div>
        <InlineError error={check.error} />
        <div role="status">{check.data ? <Explained {...check.data} /> : null}</div>
      </form>
    </Card>
  );
}

function summary({ config: { egress } }: Fn): string {
  const count = (rules: readonly unknown[], name: string) => `${rules.length} ${rules.length === 1 ? "rule" : "rules"} ${name}`;
  if (egress?.allow?.length === 0) return "The code may make no requests.";
  const parts = [egress?.allow && count(egress.allow, "to allow"), egress?.deny && count(egress.deny, "to deny")].filter(Boolean);
  return parts.length > 0 ? `The function has ${parts.join(" and ")}.` : "The code may request all that the server allows.";
}

function Explained({ allowed, url, refusal, addresses, headers }: EgressExplanation) {
  return (
    <div className="flex min-w-0 flex-col gap-2 text-sm">
      <p className={allowed ? "font-medium text-ok" : "font-medium text-bad"}>
        {allowed ? "The request would be made." : `The request would be refused: ${refusal ?? "no address can be reached"}`}
      </p>
      {url ? <p className="break-all text-muted">{url}</p> : null}
      {addresses.length > 0 ? (
        <ul aria-label="Addresses" className="font-mono">
          {addresses.map(({ address, refusal: why }) => (
            <li key={address} className="break-all">
              {address}
              {why ? <span className="font-sans text-bad"> {why}</span> : null}
            </li>
          ))}
        </ul>
      ) : null}
      {headers.length > 0 ? <p className="text-muted">The server would set: {headers.join(", ")}</p> : null}
    </div>
  );
}
