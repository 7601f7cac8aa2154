/** Downloads the shown data as a CSV file. */
import { Download } from "lucide-react";
import { Button } from "@/components/Button";
import { announce } from "@/lib/announce";
import { download } from "@/lib/download";

interface Props {
  label: string;
  file: () => { name: string; text: string };
  disabled: boolean;
}

export function ExportButton({ label, file, disabled }: Props) {
  return (
    <Button
      aria-label={label}
      icon={<Download aria-hidden className="size-4" />}
      disabled={disabled}
      onClick={() => {
        const { name, text } = file();
        download(name, text, "text/csv;charset=utf-8");
        announce(`${name} is downloaded.`);
      }}
    >
      CSV
    </Button>
  );
}
