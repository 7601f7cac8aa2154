/** A page without navigation, shown before the sign-in and to keys that cannot use the dashboard. */
import type { LucideIcon } from "lucide-react";
import { useEffect, type ReactNode } from "react";

interface Props {
  title: string;
  icon: LucideIcon;
  children: ReactNode;
}

export function FullPage({ title, icon: Icon, children }: Props) {
  useEffect(() => {
    document.title = `${title} · S3 for Compute`;
  }, [title]);
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-5 px-4 py-10">
      <p className="text-center font-semibold text-muted">S3 for Compute</p>
      <div className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-5 sm:p-6">
        <h1 className="flex items-center gap-3 text-xl font-semibold tracking-tight">
          <span className="flex size-9 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-accent">
            <Icon aria-hidden className="size-5" />
          </span>
          {title}
        </h1>
        {children}
      </div>
    </main>
  );
}
