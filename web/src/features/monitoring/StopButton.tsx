/** Stops a load test: running calls end, and no new ones start. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { Button } from "@/components/Button";
import { InlineError } from "@/components/States";
import { stopLoadTest } from "@/lib/api/loadTests";
import { keys } from "@/lib/api/keys";
import type { LoadTest } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";

export function StopButton({ test }: { test: LoadTest }) {
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const stop = useMutation({
    mutationFn: () => stopLoadTest(test._id),
    onSuccess: (stopped) => {
      client.setQueryData(keys.loadTest(test._id), stopped);
      void client.invalidateQueries({ queryKey: keys.loadTestLists });
    },
  });
  return (
    <>
      <InlineError error={stop.error} />
      <Button
        look="danger"
        icon={<Square aria-hidden className="size-4" />}
        busy={stop.isPending || test.status === "stopping"}
        refused={refused}
        onClick={() => stop.mutate()}
      >
        Stop
      </Button>
    </>
  );
}
