/** The bindings that a function names. A function that may use all open ones shows nothing. */
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import type { FunctionConfig } from "@/lib/api/types";

export function Bindings({ config: { bindings } }: { config: FunctionConfig }) {
  if (bindings === null) return null;
  return (
    <Card title="Bindings" hint={bindings.length > 0 ? <>The code uses these as <code>context.NAME</code>.</> : null}>
      {bindings.length > 0 ? (
        <ul aria-label="Bindings" className="flex flex-wrap gap-2">
          {bindings.map((name) => (
            <li key={name} className="min-w-0">
              <Badge>
                <span className="wrap-anywhere whitespace-normal">{name}</span>
              </Badge>
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-sm text-muted">The function may use no binding.</p>
      )}
    </Card>
  );
}
