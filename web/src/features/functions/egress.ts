/** The rules about the requests that a function's code may make, as typed and as sent. */
import type { EgressRules } from "@/lib/api/types";

/** What the code may request; listed: what the rules allow. */
export type EgressAccess = "server" | "listed" | "none";

/** One rule, as typed. */
export interface EgressRule {
  id: number;
  host: string;
  /** Numbers with commas between them; empty for all. */
  ports: string;
  /** Names with commas between them; empty for all. */
  methods: string;
  /** Paths with spaces or commas between them; empty for all. */
  paths: string;
  /** One header a line, such as `authorization: Bearer ${secret:KEY}`. Denying rules have none. */
  headers: string;
}

export interface EgressDraft {
  egress: EgressAccess;
  allow: readonly EgressRule[];
  deny: readonly EgressRule[];
}

/** The fields of a rule that are wrong, and why. */
export type RuleErrors = Partial<Record<"host" | "ports" | "headers", string>>;

const MAX_RULES = 64;

let nextId = 0;

export const newRule = (): EgressRule => ({ id: nextId++, host: "", ports: "", methods: "", paths: "", headers: "" });

type Stored = { host: string; ports?: number[]; methods?: string[]; paths?: string[]; headers?: Record<string, string> };

const ruleOf = ({ host, ports, methods, paths, headers }: Stored): EgressRule => ({
  ...newRule(),
  host,
  ports: ports?.join(", ") ?? "",
  methods: methods?.join(", ") ?? "",
  paths: paths?.join(" ") ?? "",
  headers: Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`).join("\n"),
});

export const egressOf = (rules: EgressRules | null): EgressDraft => ({
  egress: rules?.allow === undefined ? "server" : rules.allow.length > 0 ? "listed" : "none",
  allow: rules?.allow?.map(ruleOf) ?? [],
  deny: rules?.deny?.map(ruleOf) ?? [],
});

const partsOf = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const linesOf = (text: string) => text.split("\n").map((line) => line.trim()).filter(Boolean);

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;

/** What is wrong with a rule that can be told without the server. */
export function checkRule({ host, ports, headers }: EgressRule): RuleErrors {
  const errors: RuleErrors = {};
  if (!host.trim()) errors.host = "Enter a host, such as api.example.com or *.example.com.";
  const port = partsOf(ports).find((part) => !isPort(part));
  if (port !== undefined) errors.ports = `Invalid port: ${port.slice(0, 20)}. Use numbers from 1 to 65535.`;
  const header = linesOf(headers).find((line) => !/^[^:\s]+:\s*\S/.test(line));
  if (header !== undefined) errors.headers = `Invalid header: ${header.slice(0, 64)}. Write name: value.`;
  return errors;
}

const countOf = (rules: readonly EgressRule[], name: string) =>
  rules.length > MAX_RULES ? `Too many rules that ${name}: ${rules.length}, at most ${MAX_RULES} are allowed.` : null;

/** The error of all rules together. */
export function checkEgress({ egress, allow, deny }: EgressDraft): string | null {
  const allowed = egress === "listed" ? allow : [];
  const denied = egress === "none" ? [] : deny;
  if (egress === "listed" && allow.length === 0) return "Add a rule that allows something, or choose none.";
  const count = countOf(allowed, "allow") ?? countOf(denied, "deny");
  if (count !== null) return count;
  const isWrong = [...allowed, ...denied].some((rule) => Object.keys(checkRule(rule)).length > 0);
  return isWrong ? "A rule about requests is invalid." : null;
}

const optional = <T>(name: string, list: readonly T[]) => (list.length > 0 ? { [name]: list } : {});

const denyIn = ({ host, ports, methods, paths }: EgressRule) => ({
  host: host.trim(),
  ...optional("ports", partsOf(ports).map(Number)),
  ...optional("methods", partsOf(methods)),
  ...optional("paths", partsOf(paths)),
});

const allowIn = (rule: EgressRule) => {
  const headers = linesOf(rule.headers).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { ...denyIn(rule), ...(headers.length > 0 ? { headers: Object.fromEntries(headers) } : {}) };
};

/** The rules to send; null for all that the server allows. */
export function egressIn({ egress, allow, deny }: EgressDraft): EgressRules | null {
  if (egress === "none") return { allow: [] };
  if (egress === "server" && deny.length === 0) return null;
  return {
    ...(egress === "listed" ? { allow: allow.map(allowIn) } : {}),
    ...optional("deny", deny.map(denyIn)),
  };
}
