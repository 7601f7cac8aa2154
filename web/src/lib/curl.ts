/** The command line that calls a function, for a POSIX shell. */

/** A single-quoted word: the shell expands nothing in it. */
export const shellQuote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

interface Call {
  url: string;
  /** The body, as JSON text. */
  body: string;
  /** Whether the server requires a key. The command reads it from the variable `FAAS_KEY`. */
  authorized: boolean;
}

export function curlOf({ url, body, authorized }: Call): string {
  const parts = [`curl ${shellQuote(url)}`];
  if (authorized) parts.push('-H "Authorization: Bearer $FAAS_KEY"');
  parts.push("-H 'Content-Type: application/json'", `-d ${shellQuote(body)}`);
  return parts.join(" \\\n  ");
}

/** Where a program calls a function. */
export const invokeUrl = (origin: string, functionId: string) => `${origin}/api/functions/${encodeURIComponent(functionId)}/invoke`;

/** Where a program reads an execution. */
export const executionUrl = (origin: string, id: string) => `${origin}/api/executions/${encodeURIComponent(id)}`;

/** Where a function answers HTTP requests. */
export const httpUrl = (origin: string, name: string) => `${origin}/f/${encodeURIComponent(name)}`;

/** The command that sends a request to a function. */
export const httpCurlOf = (url: string, authorized: boolean) =>
  [`curl -i ${shellQuote(url)}`, ...(authorized ? ['-H "Authorization: Bearer $FAAS_KEY"'] : [])].join(" \\\n  ");
