/** Uploads a function, or changes one. */
import { useQuery } from "@tanstack/react-query";
import { Lock } from "lucide-react";
import { useParams } from "react-router";
import { Card } from "@/components/Card";
import { Page } from "@/components/Page";
import { EmptyState, Loaded } from "@/components/States";
import { functionQuery } from "@/lib/api/functions";
import { useRefusal } from "@/lib/session/session";
import { FunctionForm } from "./FunctionForm";

export function NewFunctionPage() {
  const refused = useRefusal("develop");
  return (
    <Page
      title="New function"
      trail={[{ to: "/functions", label: "Functions" }]}
      hint="A body that uses input and returns, a function, or a module with a default export. Input and result are JSON."
    >
      {refused ? <Refused reason={refused} /> : <FunctionForm fn={null} />}
    </Page>
  );
}

export function EditFunctionPage() {
  const { id = "" } = useParams();
  const refused = useRefusal("develop");
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
      {refused ? (
        <Refused reason={refused} />
      ) : query.data ? (
        <FunctionForm key={id} fn={query.data} />
      ) : (
        <Card>
          <Loaded query={query}>{() => null}</Loaded>
        </Card>
      )}
    </Page>
  );
}

/** Whoever may not save has no use for the form. */
function Refused({ reason }: { reason: string }) {
  return (
    <Card>
      <EmptyState icon={Lock} title="Functions cannot be changed with this key">
        {reason}
      </EmptyState>
    </Card>
  );
}
