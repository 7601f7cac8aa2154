/** Starts load tests and lists past ones. */
import { Page } from "@/components/Page";
import { Tabs } from "@/components/Tabs";
import { LoadTestForm } from "./LoadTestForm";
import { LoadTestHistory } from "./LoadTestHistory";
import { RunningTests } from "./RunningTests";
import { TABS } from "./tabs";

export function LoadTestsPage() {
  return (
    <Page title="Load tests" hint="Call a function many times at once, and see its response times and its cost.">
      <Tabs label="Monitoring" tabs={TABS} />
      <RunningTests />
      <LoadTestForm />
      <LoadTestHistory />
    </Page>
  );
}
