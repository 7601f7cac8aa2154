/** Shown when a page fails to load or to render. */
import { useRouteError } from "react-router";
import { Button, ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import { Page } from "@/components/Page";
import { InlineError } from "@/components/States";

export function PageError() {
  const error = useRouteError();
  return (
    <Page title="The page could not be shown">
      <Card>
        <div className="flex flex-col items-start gap-4">
          <InlineError error={error} />
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => window.location.reload()}>Reload the page</Button>
            <ButtonLink to="/">Go to the dashboard</ButtonLink>
          </div>
        </div>
      </Card>
    </Page>
  );
}
