/** Uploads a function, or changes one. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { Card } from "@/components/Card";
import { Page } from "@/components/Page";
import { Loaded } from "@/components/States";
import { functionQuery } from "@/lib/api/functions";
import { FunctionForm } from "./FunctionForm";

export function NewFunctionPage() {
  return (
    <Page
      title="New function"
      trail={[{ to: "/functions", label: "Functions" }]}
      hint="A body that uses input and returns, a function, or a module with a default export. Input and result are JSON."
    >
      <FunctionForm fn={null} />
    </Page>
  );
}

export function EditFunctionPage() {
  const { id = "" } = useParams();
  const query = useQuery({ ...functionQuery(id), refetchOnWindowFocus: false });
  const name = query.data?.name ?? "Function";
  return (
    <Page
      title={`Edit ${name}`}
      trail={[
        { to: "/functions", label: "Functions" },
        { to: `/functions/${id}`, label: name },
      ]}
    >
      {query.data ? (
        <FunctionForm key={id} fn={query.data} />
      ) : (
        <Card>
          <Loaded query={query}>{() => null}</Loaded>
        </Card>
      )}
    </Page>
  );
}
