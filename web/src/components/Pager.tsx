/** Moves through the pages of a list that is completely loaded. */
import { ChevronLeft, ChevronRight } from "lucide-react";
import { Button } from "./Button";

interface Props {
  /** Counted from 0. */
  page: number;
  last: number;
  onPage: (page: number) => void;
}

export function Pager({ page, last, onPage }: Props) {
  return (
    <nav aria-label="Pages of the list" className="flex items-center justify-between gap-3 border-t border-line px-4 py-3 sm:px-5">
      <Button
        small
        disabled={page === 0}
        icon={<ChevronLeft aria-hidden className="size-4" />}
        onClick={() => onPage(page - 1)}
      >
        Previous
      </Button>
      <p className="numeric text-sm text-muted">
        Page {page + 1} of {last + 1}
      </p>
      <Button small disabled={page === last} onClick={() => onPage(page + 1)}>
        Next
        <ChevronRight aria-hidden className="size-4" />
      </Button>
    </nav>
  );
}
