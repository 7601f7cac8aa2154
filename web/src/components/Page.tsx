/** The frame of a page: breadcrumb, title, actions. */
import { useEffect, useRef, type ReactNode } from "react";
import { ChevronRight } from "lucide-react";
import { Link } from "react-router";

interface Props {
  title: string;
  /** Shown beside the title. */
  badge?: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
  /** The parent pages. */
  trail?: readonly { to: string; label: string }[];
  children: ReactNode;
}

export function Page({ title, badge, hint, actions, trail, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · S3 for Compute`;
  }, [title]);
  return (
    <div className="flex flex-col gap-4 sm:gap-5">
      <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          {trail ? (
            <nav aria-label="Breadcrumb" className="flex items-center gap-1 text-sm text-muted">
              {trail.map(({ to, label }, index) => (
                <span key={to} className={`flex items-center gap-1 ${index === trail.length - 1 ? "min-w-0" : "shrink-0"}`}>
                  <Link to={to} className="truncate hover:text-text hover:underline">
                    {label}
                  </Link>
                  <ChevronRight aria-hidden className="size-3.5 shrink-0" />
                </span>
              ))}
            </nav>
          ) : null}
          <div className="flex flex-wrap items-center gap-3">
            <h1 ref={heading} tabIndex={-1} className="min-w-0 text-2xl font-semibold tracking-tight break-words">
              {title}
            </h1>
            {badge}
          </div>
          {hint ? <p className="max-w-3xl text-muted">{hint}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}
