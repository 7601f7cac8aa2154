/** The first page: an overview. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Rocket } from "lucide-react";
import { ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import { Page } from "@/components/Page";
import { SampleCards } from "@/components/SampleCards";
import { functionsQuery } from "@/lib/api/functions";
import { useRefusal } from "@/lib/session/session";
import { ExecutionsOverTime } from "./ExecutionsOverTime";
import { Figures } from "./Figures";
import { QuickRun } from "./QuickRun";
import { RecentActivity } from "./RecentActivity";

export function DashboardPage() {
  const { data: functions } = useQuery(functionsQuery());
  const refused = useRefusal("develop");
  return (
    <Page
      title="Dashboard"
      actions={
        <ButtonLink to="/functions/new" look="primary" refused={refused} icon={<Plus aria-hidden className="size-4" />}>
          New function
        </ButtonLink>
      }
    >
      <Figures />
      {functions?.length === 0 ? <Welcome /> : null}
      <div className="grid gap-4 sm:gap-5 xl:grid-cols-5">
        <div className="flex min-w-0 flex-col gap-4 sm:gap-5 xl:col-span-3">
          <ExecutionsOverTime />
          <RecentActivity />
        </div>
        <div className="min-w-0 xl:col-span-2">
          <QuickRun functions={functions} />
        </div>
      </div>
    </Page>
  );
}

function Welcome() {
  return (
    <Card
      title={
        <span className="flex items-center gap-2">
          <Rocket aria-hidden className="size-5 text-accent" /> Start with a sample
        </span>
      }
      hint="There are no functions yet. Upload a sample with one click, then run it."
    >
      <SampleCards />
    </Card>
  );
}
