/** The browser's own modal dialog: it keeps the focus inside, and Escape closes it. */
import { X } from "lucide-react";
import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { Button, IconButton } from "./Button";
import { InlineError } from "./States";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}

export function Dialog({ title, onClose, children, wide = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed before it is removed, so that the focus goes back to where it came from.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className={`max-h-[92dvh] w-[calc(100vw-2rem)] overflow-y-auto rounded-xl border border-line bg-surface p-0 ${
        wide ? "max-w-3xl" : "max-w-md"
      }`}
    >
      <header className="flex items-center justify-between gap-4 py-2 pr-2 pl-5">
        <h2 id={id} className="min-w-0 truncate font-semibold">
          {title}
        </h2>
        <IconButton label="Close" icon={<X aria-hidden className="size-5" />} onClick={onClose} />
      </header>
      <div className="px-5 pb-5">{children}</div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** What the button says that does it. */
  action: string;
  busy: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ title, children, action, busy, error, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <div className="text-muted">{children}</div>
        <InlineError error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
