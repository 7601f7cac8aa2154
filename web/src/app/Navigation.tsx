/** The navigation: at the side of a wide screen, at the bottom of a narrow one. */
import { Activity, CircleDollarSign, KeyRound, LayoutDashboard, SquareFunction } from "lucide-react";
import { NavLink } from "react-router";
import { useRefusal } from "@/lib/session/session";

const PAGES = [
  { to: "/", label: "Dashboard", icon: LayoutDashboard },
  { to: "/functions", label: "Functions", icon: SquareFunction },
  { to: "/monitoring", label: "Monitoring", icon: Activity },
  { to: "/costs", label: "Costs", icon: CircleDollarSign },
];
const ACCESS = { to: "/access", label: "Access", icon: KeyRound };

export function Navigation() {
  const pages = useRefusal("administer") === null ? [...PAGES, ACCESS] : PAGES;
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:static lg:border-0 lg:bg-transparent lg:pb-0"
    >
      <ul className="flex lg:flex-col lg:gap-1">
        {pages.map(({ to, label, icon: Icon }) => (
          <li key={to} className="flex-1">
            <NavLink
              to={to}
              end={to === "/"}
              className={({ isActive }) =>
                `flex flex-col items-center gap-0.5 px-1 py-2 text-xs font-medium lg:flex-row lg:gap-3 lg:rounded-lg lg:px-3 lg:text-[0.9375rem] ${
                  isActive ? "text-accent lg:bg-accent-soft" : "text-muted hover:text-text lg:hover:bg-sunken"
                }`
              }
            >
              <Icon aria-hidden className="size-5" />
              {label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
