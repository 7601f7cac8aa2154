/** The list of functions. */
import { useQuery } from "@tanstack/react-query";
import { CalendarClock, Database, Plus, Search, SearchX, SquareFunction } from "lucide-react";
import { useMemo } from "react";
import { ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import { TextField } from "@/components/Field";
import { Page } from "@/components/Page";
import { SampleCards } from "@/components/SampleCards";
import { EmptyState } from "@/components/States";
import { useAddress } from "@/lib/address";
import { functionsQuery } from "@/lib/api/functions";
import { formatCount } from "@/lib/format";
import { useRefusal } from "@/lib/session/session";
import { FunctionTable } from "./FunctionTable";
import { matches } from "./search";

export function FunctionsPage() {
  const { data, error, refetch } = useQuery(functionsQuery());
  const refused = useRefusal("develop");
  const address = useAddress();
  const search = address.get("search") ?? "";
  const found = useMemo(() => data?.filter((fn) => matches(fn, search)), [data, search]);
  return (
    <Page
      title="Functions"
      actions={
        <>
          <ButtonLink to="/schedules" icon={<CalendarClock aria-hidden className="size-4" />}>
            Schedules
          </ButtonLink>
          <ButtonLink to="/kv" icon={<Database aria-hidden className="size-4" />}>
            Keys and values
          </ButtonLink>
          <ButtonLink to="/functions/new" look="primary" refused={refused} icon={<Plus aria-hidden className="size-4" />}>
            New function
          </ButtonLink>
        </>
      }
    >
      <Card flush>
        <div className="flex flex-wrap items-center justify-between gap-3 px-4 py-3 sm:px-5">
          <div className="relative w-full sm:w-80">
            <Search aria-hidden className="pointer-events-none absolute top-3 right-3 size-4 text-muted" />
            <TextField
              label="Search functions"
              hideLabel
              type="search"
              placeholder="Name, tier, status …"
              value={search}
              onChange={({ target }) => address.set({ search: target.value, page: null })}
            />
          </div>
          <p className="numeric text-sm text-muted">{data && found ? countOf(found.length, data.length, search) : null}</p>
        </div>
        <FunctionTable
          functions={found}
          error={error}
          onRetry={() => void refetch()}
          empty={
            data?.length === 0 ? (
              <div className="px-4 pb-5 sm:px-5">
                <EmptyState icon={SquareFunction} title="No functions yet">
                  Write your own function, or upload a sample with one click.
                </EmptyState>
                <SampleCards />
              </div>
            ) : (
              <EmptyState icon={SearchX} title="No function matches the search" />
            )
          }
        />
      </Card>
    </Page>
  );
}

function countOf(found: number, all: number, search: string): string {
  if (search) return `${formatCount(found)} of ${formatCount(all)} functions`;
  return all === 1 ? "1 function" : `${formatCount(all)} functions`;
}
