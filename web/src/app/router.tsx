/** The routes. Each page is loaded when it is first opened. */
import { createBrowserRouter } from "react-router";
import { Gate } from "./Gate";
import { NotFoundPage } from "./NotFoundPage";
import { PageError } from "./PageError";
import { Shell } from "./Shell";

export const router = createBrowserRouter([
  {
    path: "/",
    element: (
      <Gate>
        <Shell />
      </Gate>
    ),
    errorElement: <PageError />,
    hydrateFallbackElement: <div />,
    children: [
      {
        errorElement: <PageError />,
        children: [
          { index: true, lazy: async () => ({ Component: (await import("@/features/dashboard/DashboardPage")).DashboardPage }) },
          { path: "functions", lazy: async () => ({ Component: (await import("@/features/functions/FunctionsPage")).FunctionsPage }) },
          { path: "functions/new", lazy: async () => ({ Component: (await import("@/features/functions/EditPage")).NewFunctionPage }) },
          { path: "functions/:id", lazy: async () => ({ Component: (await import("@/features/functions/FunctionPage")).FunctionPage }) },
          { path: "functions/:id/edit", lazy: async () => ({ Component: (await import("@/features/functions/EditPage")).EditFunctionPage }) },
          { path: "executions/:id", lazy: async () => ({ Component: (await import("@/features/functions/ExecutionPage")).ExecutionPage }) },
          { path: "monitoring", lazy: async () => ({ Component: (await import("@/features/monitoring/MonitoringPage")).MonitoringPage }) },
          { path: "monitoring/load-tests", lazy: async () => ({ Component: (await import("@/features/monitoring/LoadTestsPage")).LoadTestsPage }) },
          { path: "monitoring/load-tests/:id", lazy: async () => ({ Component: (await import("@/features/monitoring/LoadTestPage")).LoadTestPage }) },
          { path: "costs", lazy: async () => ({ Component: (await import("@/features/costs/CostsPage")).CostsPage }) },
          { path: "schedules", lazy: async () => ({ Component: (await import("@/features/schedules/SchedulesPage")).SchedulesPage }) },
          { path: "kv", lazy: async () => ({ Component: (await import("@/features/kv/KvPage")).KvPage }) },
          { path: "access", lazy: async () => ({ Component: (await import("@/features/access/AccessPage")).AccessPage }) },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
