/** Tabs whose contents have their own addresses. */
import { NavLink } from "react-router";

export function Tabs({ label, tabs }: { label: string; tabs: readonly { to: string; label: string }[] }) {
  return (
    <nav aria-label={label} className="border-b border-line">
      <ul className="-mb-px flex gap-5">
        {tabs.map(({ to, label }) => (
          <li key={to}>
            <NavLink
              to={to}
              end
              className={({ isActive }) =>
                `block border-b-2 px-1 py-2 font-medium ${
                  isActive ? "border-accent text-accent" : "border-transparent text-muted hover:text-text"
                }`
              }
            >
              {label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
