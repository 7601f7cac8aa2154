/** The code editor of the form, with its syntax errors. */
import type { Mistake } from "@/components/editor/CodeEditor";
import { Editor } from "@/components/editor/Editor";
import { DropZone } from "./DropZone";
import { useHostTypes } from "./useHostTypes";
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
  const wrongSyntax = useSyntaxHint(code);
  const { complete, unknown } = useHostTypes(code);
  // The server's own error makes a hint superfluous.
  const hint = mistake || error ? null : (wrongSyntax ?? unknown);
  const problem = wrongSyntax ? "Possible syntax error" : "Possible error";
  return (
    <DropZone onFile={onFile}>
      <Editor
        label="Code (JavaScript or TypeScript)"
        language="javascript"
        value={code}
        onChange={onChange}
        mistake={mistake}
        suspicion={hint}
        complete={complete}
        error={mistake?.message ?? error ?? null}
        {...(hint ? { warning: `${problem} at line ${hint.line}, column ${hint.column}: ${hint.message}` } : {})}
        minLines={18}
        maxLines={32}
      />
    </DropZone>
  );
}
