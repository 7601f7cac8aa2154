/** Shown at an unknown address. */
import { MapPinOff } from "lucide-react";
import { ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import { Page } from "@/components/Page";
import { EmptyState } from "@/components/States";

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <Card>
        <EmptyState icon={MapPinOff} title="No page has this address">
          <ButtonLink to="/">Go to the dashboard</ButtonLink>
        </EmptyState>
      </Card>
    </Page>
  );
}
