/** All functions. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Search, SearchX, SquareFunction } from "lucide-react";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import { TextField } from "@/components/Field";
import { Page } from "@/components/Page";
import { Pager } from "@/components/Pager";
import { SampleCards } from "@/components/SampleCards";
import { EmptyState } from "@/components/States";
import { functionsQuery } from "@/lib/api/functions";
import { formatCount } from "@/lib/format";
import { useRefusal } from "@/lib/session/session";
import { FunctionTable } from "./FunctionTable";
import { matches } from "./search";

const PAGE = 20;

export function FunctionsPage() {
  const { data, error, refetch } = useQuery(functionsQuery());
  const refused = useRefusal("develop");
  const [params, setParams] = useSearchParams();
  const search = params.get("search") ?? "";
  const [page, setPage] = useState(0);
  const found = useMemo(() => data?.filter((fn) => matches(fn, search)), [data, search]);
  const last = Math.max(0, Math.ceil((found?.length ?? 0) / PAGE) - 1);
  const shown = Math.min(page, last);
  return (
    <Page
      title="Functions"
      actions={
        <ButtonLink to="/functions/new" look="primary" refused={refused} icon={<Plus aria-hidden className="size-4" />}>
          New function
        </ButtonLink>
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
              onChange={(event) => {
                setPage(0);
                setParams(event.target.value ? { search: event.target.value } : {}, { replace: true });
              }}
            />
          </div>
          <p className="numeric text-sm text-muted">
            {data && found
              ? search
                ? `${formatCount(found.length)} of ${formatCount(data.length)} functions`
                : data.length === 1 ? "1 function" : `${formatCount(data.length)} functions`
              : null}
          </p>
        </div>
        <FunctionTable
          rows={found?.slice(shown * PAGE, (shown + 1) * PAGE)}
          error={error}
          onRetry={() => void refetch()}
          empty={
            data?.length === 0 ? (
              <div className="px-4 pb-5 sm:px-5">
                <EmptyState icon={SquareFunction} title="There is no function yet">
                  Write one of your own, or upload a sample in one click.
                </EmptyState>
                <SampleCards />
              </div>
            ) : (
              <EmptyState icon={SearchX} title="No function matches this search" />
            )
          }
        />
        {last > 0 ? <Pager page={shown} last={last} onPage={setPage} /> : null}
      </Card>
    </Page>
  );
}
