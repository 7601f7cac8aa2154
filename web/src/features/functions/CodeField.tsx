/** The code editor of the form, with its syntax errors. */
import type { Mistake } from "@/components/editor/CodeEditor";
import { Editor } from "@/components/editor/Editor";
import { DropZone } from "./DropZone";
import { useSyntaxHint } from "./useSyntaxHint";

interface Props {
  code: string;
  /** The error that the server reports for this code. */
  mistake: Mistake | null;
  error: string | undefined;
  onChange: (code: string) => void;
  onFile: (file: File, code: string) => void;
}

export function CodeField({ code, mistake, error, onChange, onFile }: Props) {
  const found = useSyntaxHint(code);
  // The server's own error makes the hint superfluous.
  const hint = mistake || error ? null : found;
  return (
    <DropZone onFile={onFile}>
      <Editor
        label="Code (JavaScript)"
        language="javascript"
        value={code}
        onChange={onChange}
        mistake={mistake}
        suspicion={hint}
        error={mistake?.message ?? error ?? null}
        {...(hint ? { warning: `Possible syntax error at line ${hint.line}, column ${hint.column}: ${hint.message}` } : {})}
        minLines={18}
        maxLines={32}
      />
    </DropZone>
  );
}
