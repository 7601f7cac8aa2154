/** Buttons, and links with the look of buttons. */
import { LoaderCircle } from "lucide-react";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";
import { announce } from "@/lib/announce";

type Look = "primary" | "secondary" | "danger" | "ghost";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  secondary: "border border-control bg-surface text-text hover:bg-sunken",
  danger: "border border-bad bg-surface text-bad hover:bg-bad-soft",
  ghost: "text-muted hover:bg-sunken hover:text-text",
};

const shape = (look: Look, small: boolean) =>
  `inline-flex items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors ${
    small ? "h-8 px-2.5 text-sm" : "h-10 px-4"
  } ${LOOKS[look]}`;

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
  icon?: ReactNode;
  /** An action is running: the button shows it and is disabled. */
  busy?: boolean;
  /** Why the action is not allowed. The button stays focusable, says why, and does nothing. */
  refused?: string | null;
}

/** The properties of a refused button, which override the others. */
const refusal = (reason: string) =>
  ({ "aria-disabled": true, title: reason, onClick: () => announce(reason) }) as const;

/** Refused buttons look like disabled ones. */
const DISABLED =
  "disabled:cursor-not-allowed disabled:border disabled:border-line disabled:bg-sunken disabled:text-muted aria-disabled:cursor-not-allowed aria-disabled:border aria-disabled:border-line aria-disabled:bg-sunken aria-disabled:text-muted";

export function Button({ look = "secondary", small = false, icon, busy = false, refused = null, children, className = "", ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={!refused && (rest.disabled || busy)}
      aria-busy={busy || undefined}
      className={`${shape(look, small)} ${DISABLED} ${className}`}
      {...(refused ? refusal(refused) : {})}
    >
      {busy ? <LoaderCircle aria-hidden className="size-4 animate-spin" /> : icon}
      {children}
    </button>
  );
}

/** A button with only an icon. `label` is its accessible name. */
export function IconButton({ label, icon, refused = null, ...rest }: Omit<Props, "children" | "aria-label"> & { label: string }) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      className="inline-flex size-10 shrink-0 items-center justify-center rounded-lg text-muted transition-colors hover:bg-sunken hover:text-text disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:cursor-not-allowed aria-disabled:opacity-60"
      {...(refused ? refusal(refused) : { title: label })}
    >
      {icon}
    </button>
  );
}

export function ButtonLink({
  look = "secondary",
  small = false,
  icon,
  refused = null,
  children,
  ...rest
}: LinkProps & { look?: Look; small?: boolean; icon?: ReactNode; refused?: string | null }) {
  if (refused) {
    return (
      <Button look={look} small={small} icon={icon} refused={refused}>
        {children}
      </Button>
    );
  }
  return (
    <Link {...rest} className={shape(look, small)}>
      {icon}
      {children}
    </Link>
  );
}
