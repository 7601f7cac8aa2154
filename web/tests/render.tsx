/** Renders a part of the dashboard as it is in the page: with a router and a cache of its own. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";

interface Options {
  /** The address that it is shown at, and the pattern that the address is read by. */
  at?: string;
  path?: string;
}

export function renderPage(page: ReactNode, { at = "/", path = "*" }: Options = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  const router = createMemoryRouter([{ path, element: page }], { initialEntries: [at] });
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { client, router };
}
