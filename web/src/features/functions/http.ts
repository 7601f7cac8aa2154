/** The HTTP settings of a function, as typed and as sent. */
import type { Fn } from "@/lib/api/types";

type HttpConfig = NonNullable<Fn["config"]["http"]>;

/** Who may send requests; off: the function answers none. */
export type HttpAccess = "off" | "key" | "public";

interface HttpDraft {
  http: HttpAccess;
  routes: string;
  origins: string;
}

const MAX_ROUTES = 256;

const partsOf = (text: string, separator: RegExp) => text.split(separator).map((part) => part.trim()).filter(Boolean);

export const httpOf = (config: HttpConfig | null): HttpDraft => ({
  http: config?.enabled ? (config.auth ?? "key") : "off",
  routes: config?.routes?.join("\n") ?? "",
  origins: config?.cors?.origins.join(", ") ?? "",
});

/** What is wrong with the routes that can be told without the server. */
export function checkRoutes(text: string): string | null {
  const routes = partsOf(text, /\n/);
  if (routes.length > MAX_ROUTES) return `Too many routes: ${routes.length}, at most ${MAX_ROUTES} are allowed.`;
  const wrong = routes.find((route) => !/^([A-Z]+ +)?\/\S*$/.test(route));
  return wrong === undefined ? null : `Invalid route: ${wrong.slice(0, 64)}. Write GET /orders/:id, or /orders for all methods.`;
}

/** The settings to send. Those that the form does not have stay as they are stored. */
export function settingsOf(draft: HttpDraft, stored: HttpConfig | null): HttpConfig | null {
  if (draft.http === "off") return stored && { ...stored, enabled: false };
  const { routes: _, cors, ...others } = stored ?? {};
  const routes = partsOf(draft.routes, /\n/);
  const origins = partsOf(draft.origins, /[\s,]+/);
  return {
    ...others,
    enabled: true,
    auth: draft.http,
    ...(routes.length > 0 ? { routes } : {}),
    ...(origins.length > 0 ? { cors: { ...cors, origins } } : {}),
  };
}
