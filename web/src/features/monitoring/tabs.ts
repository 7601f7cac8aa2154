/** The tabs of the monitoring pages. */
export const TABS = [
  { to: "/monitoring", label: "Live" },
  { to: "/monitoring/load-tests", label: "Load tests" },
];
