/** What the dashboard says about versions and aliases. */
import type { Alias, Fn, Version } from "@/lib/api/types";

/** The version that calls run that name no alias; with weights, the one with the larger share. */
export function liveVersion(versions: readonly Version[], aliases: Record<string, Alias>): number | undefined {
  const { live } = aliases;
  if (live === undefined) return versions[0]?.version;
  const weights = Object.entries(live.weights ?? { [live.version]: 100 });
  const [largest] = weights.toSorted(([, one], [, other]) => other - one);
  return largest === undefined ? live.version : Number(largest[0]);
}

/** The aliases that stand for a version, with the share of their calls that runs it. */
export function aliasesOf(version: number, newest: number, aliases: Record<string, Alias>): { name: string; percent: number }[] {
  const shares = Object.entries(aliases).map(([name, { version: one, weights }]) => ({
    name,
    percent: weights === undefined ? (one === version ? 100 : 0) : (weights[version] ?? 0),
  }));
  if (aliases.live === undefined) shares.unshift({ name: "live", percent: version === newest ? 100 : 0 });
  return shares.filter(({ percent }) => percent > 0);
}

/** A version as one text, to be compared: its files by their paths, then its settings. */
export function textOf(fn: Fn): string {
  const files = fn.modules ? Object.entries(fn.modules).toSorted(([one], [other]) => (one < other ? -1 : 1)) : [["code", fn.code] as const];
  const code = files.map(([path, text]) => (files.length > 1 ? `// ${path}\n${text}` : text));
  return `${code.join("\n\n")}\n\n// Settings\n${JSON.stringify(fn.config, null, 2)}\n`;
}
