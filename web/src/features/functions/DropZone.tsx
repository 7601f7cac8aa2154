/** Reads a file that is dropped on it or chosen. */
import { FileUp } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { Button } from "@/components/Button";

/** In bytes: above the server's limit, and small enough for the page to read. */
const LARGEST = 4 << 20;

interface Props {
  onFile: (file: File, text: string) => void;
  children: ReactNode;
}

export function DropZone({ onFile, children }: Props) {
  const [over, setOver] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > LARGEST) {
      setError(`${file.name} is too large for a function.`);
      return;
    }
    setError(null);
    onFile(file, await file.text());
  };
  return (
    <div
      className={`relative flex flex-col gap-3 rounded-lg ${over ? "outline-2 outline-offset-4 outline-accent outline-dashed" : ""}`}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDropCapture={(event) => {
        if (event.dataTransfer.files.length === 0) return;
        // Otherwise the editor would insert the file's text where it was dropped.
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        void take(event.dataTransfer.files[0]);
      }}
    >
      {children}
      <div className="flex flex-wrap items-center gap-3 text-sm text-muted">
        <Button small icon={<FileUp aria-hidden className="size-4" />} onClick={() => picker.current?.click()}>
          Choose a file
        </Button>
        or drop one here
        <input
          ref={picker}
          type="file"
          accept=".js,.mjs,.cjs,.jsx,.ts,.mts,.cts,.tsx,text/javascript"
          aria-label="JavaScript or TypeScript file"
          className="hidden"
          onChange={(event) => {
            void take(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
        {error ? (
          <span role="alert" className="text-bad">
            {error}
          </span>
        ) : null}
      </div>
    </div>
  );
}
