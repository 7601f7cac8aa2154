/** Live monitoring. */
import { Page } from "@/components/Page";
import { Tabs } from "@/components/Tabs";
import { EventFeed } from "./EventFeed";
import { LiveBadge } from "./LiveBadge";
import { LiveCharts } from "./LiveCharts";
import { LiveFigures } from "./LiveFigures";
import { ScalingTimeline } from "./ScalingTimeline";
import { TABS } from "./tabs";

export function MonitoringPage() {
  return (
    <Page title="Monitoring" badge={<LiveBadge />}>
      <Tabs label="Monitoring" tabs={TABS} />
      <LiveFigures />
      <LiveCharts />
      <div className="grid gap-4 sm:gap-5 xl:grid-cols-5">
        <div className="min-w-0 xl:col-span-3">
          <EventFeed />
        </div>
        <div className="min-w-0 xl:col-span-2">
          <ScalingTimeline />
        </div>
      </div>
    </Page>
  );
}
