/** A page that broke, instead of a blank one. */
import { useRouteError } from "react-router";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Page } from "@/components/Page";
import { InlineError } from "@/components/States";

export function PageError() {
  const error = useRouteError();
  return (
    <Page title="This page cannot be shown">
      <Card>
        <div className="flex flex-col items-start gap-4">
          <InlineError error={error} />
          <Button onClick={() => window.location.reload()}>Load the page again</Button>
        </div>
      </Card>
    </Page>
  );
}
