/** Text to copy: an id, an address, a command. */
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { announce } from "@/lib/announce";
import { copyText } from "@/lib/clipboard";
import { IconButton } from "./Button";

/** How long the button shows that it has copied, in ms. */
const SHOWN = 2_000;

export function CopyButton({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    const done = await copyText(text);
    setCopied(done);
    announce(done ? `${label}: copied.` : "This browser does not allow the page to copy. Select the text and copy it.");
  };
  return (
    <IconButton
      label={label}
      icon={copied ? <Check aria-hidden className="size-4 text-ok" /> : <Copy aria-hidden className="size-4" />}
      onClick={() => void copy()}
    />
  );
}

interface Props {
  label: string;
  text: string;
  /** Keeps line breaks, for a command of several lines. */
  block?: boolean;
  className?: string;
}

/** A labelled text with a button that copies it, for a `dl`. */
export function CopyField({ label, text, block = false, className = "" }: Props) {
  return (
    <div className={`min-w-0 ${className}`}>
      <dt className="text-sm text-muted first-letter:uppercase">{label}</dt>
      <dd className="flex min-w-0 items-start gap-1">
        {block ? (
          // An element that scrolls must be reachable by keyboard.
          <pre role="group" aria-label={label} tabIndex={0} className="max-h-48 min-w-0 flex-1 overflow-auto rounded-lg bg-sunken p-3 font-mono text-[0.8125rem] wrap-anywhere whitespace-pre-wrap">
            {text}
          </pre>
        ) : (
          <code className="min-w-0 flex-1 py-2 font-mono text-[0.8125rem] wrap-anywhere">{text}</code>
        )}
        <CopyButton label={`Copy ${label}`} text={text} />
      </dd>
    </div>
  );
}
