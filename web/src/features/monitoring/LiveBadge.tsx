/** Whether the figures of the page are live. */
import { LoaderCircle, Radio, WifiOff } from "lucide-react";
import { Badge } from "@/components/Badge";
import { connection } from "@/lib/live/live";
import { useStore } from "@/lib/store";

export function LiveBadge() {
  const { state } = useStore(connection);
  if (state === "live") return <Badge tone="ok" icon={Radio}>Live</Badge>;
  if (state === "offline") return <Badge tone="bad" icon={WifiOff}>Not live</Badge>;
  return <Badge icon={LoaderCircle}>Connecting</Badge>;
}
