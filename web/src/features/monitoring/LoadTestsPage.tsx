/** Starts load tests, and lists those there were. */
import { Page } from "@/components/Page";
import { Tabs } from "@/components/Tabs";
import { LoadTestForm } from "./LoadTestForm";
import { LoadTestHistory } from "./LoadTestHistory";
import { RunningTests } from "./RunningTests";
import { TABS } from "./tabs";

export function LoadTestsPage() {
  return (
    <Page title="Load tests" hint="A function called by many at once for some time, and what that does and costs.">
      <Tabs label="Monitoring" tabs={TABS} />
      <RunningTests />
      <LoadTestForm />
      <LoadTestHistory />
    </Page>
  );
}
