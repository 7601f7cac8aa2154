/** A plain text field, used when the code editor cannot be loaded because the server is unreachable. */
import type { CodeEditorProps } from "./CodeEditor";

export default function PlainEditor(props: CodeEditorProps) {
  const { label, value, onChange, readOnly = false, minLines = 6 } = props;
  return (
    <textarea
      aria-label={label}
      value={value}
      onChange={(event) => onChange?.(event.target.value)}
      readOnly={readOnly}
      rows={minLines}
      spellCheck={false}
      className="w-full rounded-lg border border-control bg-surface px-3 py-2 font-mono text-sm"
    />
  );
}
