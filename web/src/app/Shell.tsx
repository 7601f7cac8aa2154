/** The frame of every page: navigation, connection, theme and live region. */
import { Zap } from "lucide-react";
import { useEffect, useRef } from "react";
import { Link, Outlet, ScrollRestoration, useLocation, useNavigation } from "react-router";
import { announcement } from "@/lib/announce";
import { useStore } from "@/lib/store";
import { ConnectionBadge, ConnectionBanner } from "./Connection";
import { Identity } from "./Identity";
import { Navigation } from "./Navigation";
import { ThemeButton } from "./ThemeButton";

export function Shell() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const first = useRef(true);
  useEffect(() => {
    // The keyboard starts at the top of a new page too.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [pathname]);
  return (
    <div className="min-h-dvh lg:pl-60">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-lg bg-accent px-4 py-2 text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <header className="sticky top-0 z-20 flex flex-wrap items-center justify-between gap-x-3 border-b border-line bg-surface px-4 sm:px-6 lg:fixed lg:inset-y-0 lg:left-0 lg:w-60 lg:flex-col lg:flex-nowrap lg:items-stretch lg:justify-start lg:border-r lg:border-b-0 lg:px-3 lg:py-4">
        <Link to="/" className="flex h-14 items-center gap-2.5 rounded-lg font-semibold lg:mb-3 lg:h-auto lg:px-3 lg:py-1">
          <span className="flex size-8 items-center justify-center rounded-lg bg-accent text-on-accent">
            <Zap aria-hidden className="size-5" />
          </span>
          S3 for Compute
        </Link>
        <Navigation />
        <div className="order-last min-w-0 basis-full pb-1 lg:order-none lg:mt-auto lg:basis-auto lg:pr-2 lg:pl-3">
          <Identity />
        </div>
        <div className="flex items-center gap-1 lg:justify-between lg:px-2">
          <ConnectionBadge />
          <ThemeButton />
        </div>
      </header>
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className="mx-auto max-w-[100rem] px-4 pt-5 pb-28 outline-none sm:px-6 lg:px-8 lg:pt-7 lg:pb-16"
      >
        <Outlet />
      </main>
      <ConnectionBanner />
      <Busy />
      <Announcer />
      <ScrollRestoration />
    </div>
  );
}

/** A line at the top while a page loads. */
function Busy() {
  const { state } = useNavigation();
  return state === "idle" ? null : <div aria-hidden className="fixed inset-x-0 top-0 z-50 h-0.5 animate-pulse bg-accent" />;
}

function Announcer() {
  return (
    <p aria-live="polite" className="sr-only">
      {useStore(announcement)}
    </p>
  );
}
