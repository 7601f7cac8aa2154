/** Which requests the code of a function may make. */
import { Plus, Trash2 } from "lucide-react";
import { useRef } from "react";
import { Button, IconButton } from "@/components/Button";
import { Card } from "@/components/Card";
import { SelectField, TextArea, TextField } from "@/components/Field";
import { announce } from "@/lib/announce";
import { checkRule, newRule, type EgressAccess, type EgressDraft, type EgressRule } from "./egress";

interface Props {
  draft: EgressDraft;
  onChange: (change: Partial<EgressDraft>) => void;
  /** Whether to show the errors of single rules: after the first try to save. */
  tried: boolean;
  /** An error of all rules together. */
  error: string | undefined;
}

export function EgressFields({ draft, onChange, tried, error }: Props) {
  const { egress, allow, deny } = draft;
  return (
    <Card title="Requests of the code" hint="These rules narrow what the server lets all functions reach with fetch.">
      <div className="flex flex-col gap-4">
        <SelectField
          label="The code may request"
          value={egress}
          onChange={({ target }) => onChange({ egress: target.value as EgressAccess })}
        >
          <option value="server">All that the server allows</option>
          <option value="listed">Only what the rules allow</option>
          <option value="none">Nothing</option>
        </SelectField>
        {egress === "listed" ? (
          <Rules name="Allow" rules={allow} tried={tried} withHeaders onChange={(rules) => onChange({ allow: rules })} />
        ) : null}
        {egress === "none" ? null : <Rules name="Deny" rules={deny} tried={tried} onChange={(rules) => onChange({ deny: rules })} />}
        {error ? (
          <p role="alert" className="text-sm text-bad">
            {error}
          </p>
        ) : null}
      </div>
    </Card>
  );
}

interface RulesProps {
  name: "Allow" | "Deny";
  rules: readonly EgressRule[];
  tried: boolean;
  withHeaders?: boolean;
  onChange: (rules: readonly EgressRule[]) => void;
}

function Rules({ name, rules, tried, withHeaders = false, onChange }: RulesProps) {
  const add = useRef<HTMLDivElement>(null);
  const remove = ({ id, host }: EgressRule) => {
    onChange(rules.filter((rule) => rule.id !== id));
    announce(`The rule ${host ? `about ${host} ` : ""}will be removed when you save.`);
    // The element that had the focus is gone.
    add.current?.querySelector("button")?.focus();
  };
  return (
    <div className="flex flex-col gap-3">
      {rules.length > 0 ? (
        <ul aria-label={`Rules that ${name.toLowerCase()} requests`} className="flex flex-col gap-4">
          {rules.map((rule) => (
            <RuleFields
              key={rule.id}
              name={name}
              rule={rule}
              tried={tried}
              withHeaders={withHeaders}
              onChange={(change) => onChange(rules.map((other) => (other.id === rule.id ? { ...other, ...change } : other)))}
              onRemove={() => remove(rule)}
            />
          ))}
        </ul>
      ) : null}
      <div ref={add}>
        <Button small icon={<Plus aria-hidden className="size-4" />} onClick={() => onChange([...rules, newRule()])}>
          {name === "Allow" ? "Allow a host" : "Deny a host"}
        </Button>
      </div>
    </div>
  );
}

interface RuleProps {
  name: "Allow" | "Deny";
  rule: EgressRule;
  tried: boolean;
  withHeaders: boolean;
  onChange: (change: Partial<EgressRule>) => void;
  onRemove: () => void;
}

const PLAIN = { autoComplete: "off", autoCapitalize: "off", spellCheck: false } as const;

function RuleFields({ name, rule, tried, withHeaders, onChange, onRemove }: RuleProps) {
  const errors = tried ? checkRule(rule) : {};
  const { host, ports, methods, paths, headers } = rule;
  return (
    <li className="flex flex-col gap-2 border-b border-line pb-4 last:border-0 last:pb-0">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <TextField
            label={`${name} host`}
            value={host}
            error={errors.host}
            placeholder="api.example.com or *.example.com"
            {...PLAIN}
            onChange={({ target }) => onChange({ host: target.value })}
          />
        </div>
        <div className="pt-6">
          <IconButton label={`Remove the rule about ${host || "no host"}`} icon={<Trash2 aria-hidden className="size-4" />} onClick={onRemove} />
        </div>
      </div>
      <div className="grid gap-2 sm:grid-cols-3">
        <TextField label="Ports" value={ports} error={errors.ports} placeholder="all" {...PLAIN} onChange={({ target }) => onChange({ ports: target.value })} />
        <TextField label="Methods" value={methods} placeholder="all" {...PLAIN} onChange={({ target }) => onChange({ methods: target.value })} />
        <TextField label="Paths" value={paths} placeholder="all" {...PLAIN} onChange={({ target }) => onChange({ paths: target.value })} />
      </div>
      {withHeaders ? (
        <TextArea
          label="Headers that the server sets"
          value={headers}
          error={errors.headers}
          hint={
            <>
              One a line, such as <code>{"authorization: Bearer ${secret:KEY}"}</code>. The code cannot read a secret that is used here.
            </>
          }
          {...PLAIN}
          onChange={({ target }) => onChange({ headers: target.value })}
        />
      ) : null}
    </li>
  );
}
