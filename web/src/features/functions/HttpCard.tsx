/** The address at which a function answers HTTP requests, and a command to copy. */
import { Card } from "@/components/Card";
import { CopyField } from "@/components/Copy";
import { httpCurlOf, httpUrl } from "@/lib/curl";
import type { Fn } from "@/lib/api/types";
import { session } from "@/lib/session/session";
import { useStore } from "@/lib/store";

export function HttpCard({ fn }: { fn: Fn }) {
  const signedIn = useStore(session).state === "signed-in";
  const { http } = fn.config;
  if (!http?.enabled) return null;
  const isPublic = http.auth === "public";
  const url = httpUrl(window.location.origin, fn.name);
  return (
    <Card title="HTTP" hint={isPublic ? "Public: everybody who can reach the server can call it." : "It answers callers with a key that may invoke functions."}>
      <dl className="grid gap-x-6 gap-y-2 lg:grid-cols-2">
        <CopyField label="HTTP URL" text={url} />
        <CopyField label="HTTP curl command" text={httpCurlOf(url, signedIn && !isPublic)} block />
        {http.routes ? (
          <div className="min-w-0 lg:col-span-2">
            <dt className="text-sm text-muted">Routes</dt>
            <dd>
              <ul className="font-mono text-sm">
                {http.routes.map((route) => (
                  <li key={route} className="break-all">
                    {route}
                  </li>
                ))}
              </ul>
            </dd>
          </div>
        ) : null}
      </dl>
    </Card>
  );
}
