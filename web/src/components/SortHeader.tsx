/** The header of a sortable column: a button that sorts by it, turns the order around, then removes it. */
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { Sort } from "@/lib/sort";

interface Props {
  header: string;
  id: string;
  /** Numbers, which start with the largest. */
  right: boolean;
  sort: Sort | null;
  onSort: (next: Sort | null) => void;
}

export function SortHeader({ header, id, right, sort, onSort }: Props) {
  const active = sort?.by === id ? sort : null;
  const next = (): Sort | null => {
    if (!active) return { by: id, descending: right };
    return active.descending === right ? { by: id, descending: !right } : null;
  };
  const Icon = active ? (active.descending ? ArrowDown : ArrowUp) : ChevronsUpDown;
  return (
    <button
      type="button"
      className={`inline-flex items-center gap-1 rounded font-medium hover:text-text ${right ? "flex-row-reverse" : ""} ${active ? "text-text" : ""}`}
      onClick={() => onSort(next())}
    >
      {header}
      <Icon aria-hidden className={`size-3.5 ${active ? "" : "opacity-60"}`} />
    </button>
  );
}
