/** Creates or edits a function. */
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
      hint="Write the body of a function, a whole function, or a module with a default export. It receives input and returns a result, both JSON."
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
          <Loaded query={query} wayOut={{ to: "/functions", label: "Go to the functions" }}>
            {() => null}
          </Loaded>
        </Card>
      )}
    </Page>
  );
}

/** Shown in place of the form to a key that cannot save. */
function Refused({ reason }: { reason: string }) {
  return (
    <Card>
      <EmptyState icon={Lock} title="This key cannot change functions">
        {reason}
      </EmptyState>
    </Card>
  );
}
