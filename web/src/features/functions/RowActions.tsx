/** The actions of a row in the list of functions. A narrow screen shows some; the page of the function has all. */
import { Pencil, Play } from "lucide-react";
import { Link } from "react-router";
import { IconButton } from "@/components/Button";
import type { ListedFn } from "@/lib/api/types";
import { useRefusal } from "@/lib/session/session";
import { DeleteButton, StatusButton } from "./FunctionActions";

export function RowActions({ fn, onRun }: { fn: ListedFn; onRun: () => void }) {
  const [noRun, noEdit] = [useRefusal("invoke"), useRefusal("develop")];
  return (
    <div className="flex justify-end">
      <IconButton label={`Run ${fn.name}`} icon={<Play aria-hidden className="size-4" />} refused={noRun} onClick={onRun} />
      <span className="hidden sm:contents">
        {noEdit ? (
          <IconButton label={`Edit ${fn.name}`} icon={<Pencil aria-hidden className="size-4" />} refused={noEdit} />
        ) : (
          <Link
            to={`/functions/${fn._id}/edit`}
            aria-label={`Edit ${fn.name}`}
            title={`Edit ${fn.name}`}
            className="inline-flex size-10 items-center justify-center rounded-lg text-muted hover:text-text"
          >
            <Pencil aria-hidden className="size-4" />
          </Link>
        )}
      </span>
      <span className="hidden md:contents">
        <StatusButton fn={fn} icon />
        <DeleteButton fn={fn} icon />
      </span>
    </div>
  );
}
