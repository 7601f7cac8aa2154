/** Asks before unsaved changes are lost: on another page, on Back, and when the tab closes or reloads. */
import { useEffect } from "react";
import { useBlocker } from "react-router";
import { ConfirmDialog } from "./Dialog";

interface Props {
  /** Asked at each navigation, so that a form can leave at once after saving. */
  isUnsaved: () => boolean;
  /** What would be lost. */
  what: string;
  onDiscard: () => void;
}

export function UnsavedGuard({ isUnsaved, what, onDiscard }: Props) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => currentLocation.pathname !== nextLocation.pathname && isUnsaved(),
  );
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (isUnsaved()) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isUnsaved]);
  if (blocker.state !== "blocked") return null;
  return (
    <ConfirmDialog
      title="Discard unsaved changes?"
      action="Discard changes"
      keep="Keep editing"
      onConfirm={() => {
        onDiscard();
        blocker.proceed();
      }}
      onClose={() => blocker.reset()}
    >
      {what} The changes are not saved.
    </ConfirmDialog>
  );
}
