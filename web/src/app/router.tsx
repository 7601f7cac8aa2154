/** Which page is where. Each is loaded when it is first gone to. */
import { createBrowserRouter } from "react-router";
import { NotFoundPage } from "./NotFoundPage";
import { PageError } from "./PageError";
import { Shell } from "./Shell";

export const router = createBrowserRouter([
  {
    path: "/",
    element: <Shell />,
    errorElement: <PageError />,
    hydrateFallbackElement: <div />,
    children: [
      {
        errorElement: <PageError />,
        children: [
          { index: true, lazy: async () => ({ Component: (await import("@/features/dashboard/DashboardPage")).DashboardPage }) },
          { path: "costs", lazy: async () => ({ Component: (await import("@/features/costs/CostsPage")).CostsPage }) },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
