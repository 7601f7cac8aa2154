/** The form of a new key: its name, its role and its expiry. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState, type FormEvent } from "react";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Field";
import { InlineError } from "@/components/States";
import { announce } from "@/lib/announce";
import { createApiKey } from "@/lib/api/access";
import { keys } from "@/lib/api/keys";
import type { ApiKey, Role } from "@/lib/api/types";
import { ALL_ROLES, ROLE_WORDS } from "@/lib/session/roles";
import { withFirstKey } from "@/lib/session/session";
import { endOf, LIFETIMES } from "./lifetime";

/** `first`: the server requires no key yet. The browser signs in with the new one. */
export function NewKeyForm({ first, onCreated }: { first: boolean; onCreated: (key: ApiKey) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [chosen, setRole] = useState<Role>("reader");
  const [days, setDays] = useState(0);
  const [tried, setTried] = useState(false);
  const role = first ? "admin" : chosen;
  const creation = useMutation({
    mutationFn: () => {
      const create = () => createApiKey({ name: name.trim(), role, expiresAt: endOf(days, Date.now()) });
      return first ? withFirstKey(create) : create();
    },
    // The answer contains the text of the key: do not cache it.
    gcTime: 0,
    onSuccess: (created) => {
      onCreated(created);
      announce(`The key ${created.name} is created. It is shown only once.`);
      void client.invalidateQueries({ queryKey: keys.access });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() !== "" && !creation.isPending) creation.mutate();
  };
  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-4">
      <div className="grid items-start gap-4 sm:grid-cols-3">
        <TextField
          label="Name"
          required
          maxLength={64}
          autoComplete="off"
          value={name}
          hint="Who or what uses the key"
          error={tried && name.trim() === "" ? "Enter a name." : null}
          onChange={({ target }) => setName(target.value)}
        />
        <SelectField
          label="Role"
          value={role}
          disabled={first}
          hint={`The key ${ROLE_WORDS[role].may}.`}
          onChange={({ target }) => setRole(target.value as Role)}
        >
          {ALL_ROLES.map((each) => (
            <option key={each} value={each}>
              {ROLE_WORDS[each].name}
            </option>
          ))}
        </SelectField>
        <SelectField label="Expires" value={days} onChange={({ target }) => setDays(Number(target.value))}>
          {LIFETIMES.map(({ days, label }) => (
            <option key={days} value={days}>
              {label}
            </option>
          ))}
        </SelectField>
      </div>
      <InlineError error={creation.error} />
      <Button
        type="submit"
        look="primary"
        className="self-start"
        busy={creation.isPending}
        icon={<KeyRound aria-hidden className="size-4" />}
      >
        {first ? "Create the first key" : "Create the key"}
      </Button>
    </form>
  );
}
