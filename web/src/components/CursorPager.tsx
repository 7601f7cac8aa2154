/** Moves through a list that the server pages. The browser's Back returns to the page before. */
import { ChevronRight, ChevronsLeft } from "lucide-react";
import { Button } from "./Button";

interface Props {
  label: string;
  /** Where the current page begins; null on the first page. */
  cursor: string | null;
  /** Where the next page begins; null on the last page. */
  next: string | null;
  busy: boolean;
  /** The words of the buttons to the first and to the next page. */
  words?: readonly [string, string];
  onCursor: (cursor: string | null) => void;
}

/** For lists that begin with the newest entry. */
const NEWEST_FIRST = ["Newest", "Older"] as const;

export function CursorPager({ label, cursor, next, busy, words = NEWEST_FIRST, onCursor }: Props) {
  if (cursor === null && next === null) return null;
  return (
    <nav aria-label={label} className="flex items-center justify-between gap-3 border-t border-line px-4 py-3 sm:px-5">
      <Button small disabled={cursor === null} icon={<ChevronsLeft aria-hidden className="size-4" />} onClick={() => onCursor(null)}>
        {words[0]}
      </Button>
      <Button small disabled={next === null} busy={busy} onClick={() => onCursor(next)}>
        {words[1]}
        <ChevronRight aria-hidden className="size-4" />
      </Button>
    </nav>
  );
}
