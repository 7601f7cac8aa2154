/** The browser's own modal dialog: it keeps the focus inside, and Escape closes it. */
import { X } from "lucide-react";
import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { createPortal } from "react-dom";
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
  // Close it before it is removed, so that the focus returns to the element that had it.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  // At the end of the page: inside a table cell the dialog would inherit its alignment and `nowrap`.
  return createPortal(
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className={`max-h-[92dvh] w-[calc(100vw-2rem)] overflow-x-hidden overflow-y-auto rounded-xl border border-line bg-surface p-0 ${
        wide ? "max-w-3xl" : "max-w-md"
      }`}
    >
      <header className="flex items-start justify-between gap-4 py-2 pr-2 pl-5">
        <h2 id={id} className="min-w-0 pt-2 font-semibold wrap-anywhere">
          {title}
        </h2>
        <IconButton label="Close" icon={<X aria-hidden className="size-5" />} onClick={onClose} />
      </header>
      <div className="px-5 pb-5">{children}</div>
    </dialog>,
    document.body,
  );
}

interface ConfirmProps {
  title: string;
  /** The consequences. */
  children: ReactNode;
  /** The label of the button that confirms. */
  action: string;
  /** The label of the button that does not. */
  keep?: string;
  busy?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks for confirmation. */
export function ConfirmDialog({ title, children, action, keep = "Cancel", busy = false, error, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <div className="text-muted">{children}</div>
        <InlineError error={error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>{keep}</Button>
          <Button look="danger" busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
