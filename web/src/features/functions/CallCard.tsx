/** How a program calls a function: its ID, its address, and a command to copy. */
import { Card } from "@/components/Card";
import { CopyField } from "@/components/Copy";
import { curlOf, invokeUrl } from "@/lib/curl";
import { session } from "@/lib/session/session";
import { useStore } from "@/lib/store";

interface Props {
  functionId: string;
  /** JSON text. */
  input: string;
}

export function CallCard({ functionId, input }: Props) {
  const authorized = useStore(session).state === "signed-in";
  const url = invokeUrl(window.location.origin, functionId);
  return (
    <Card
      title="Call it from a program"
      hint={authorized ? "Set FAAS_KEY to a key with the role invoker, developer or admin." : "The body is the input; the answer is the result."}
    >
      <dl className="grid gap-x-6 gap-y-2 lg:grid-cols-2">
        <CopyField label="function ID" text={functionId} />
        <CopyField label="URL" text={url} />
        <CopyField
          label="curl command"
          text={curlOf({ url, body: JSON.stringify(JSON.parse(input)), authorized })}
          block
          className="lg:col-span-2"
        />
      </dl>
    </Card>
  );
}
