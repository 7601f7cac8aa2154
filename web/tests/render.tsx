/** Renders a component as the application does: with a cache and a router. */
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { createClient } from "@/app/queryClient";

/** `pattern`: the path pattern of the page's route. */
export function show(element: ReactNode, path = "/", pattern = "*") {
  const client = createClient();
  const router = createMemoryRouter([{ path: pattern, element }], { initialEntries: [path] });
  const view = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { ...view, client, router };
}
