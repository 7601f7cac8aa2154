/** The parts of the page. */
export const TABS = [
  { to: "/monitoring", label: "Live" },
  { to: "/monitoring/load-tests", label: "Load tests" },
];
