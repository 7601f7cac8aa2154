/**
 * A code editor. Tab moves to the next control, as in any other field; Mod-] and Mod-[ indent. The
 * component is controlled: the caller owns the text.
 */
import { autocompletion, completionKeymap, type CompletionSource } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Text } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { editorTheme } from "./theme";

/** An error at a line and column, both counted from 1. */
export interface Mistake {
  message: string;
  line: number;
  column: number;
}

export interface CodeEditorProps {
  label: string;
  language: "javascript" | "json";
  value: string;
  onChange?: (value: string) => void;
  /** An error: it is marked, and scrolled into view. */
  mistake?: Mistake | null;
  /** A possible error: it is marked as a warning. */
  suspicion?: Mistake | null;
  readOnly?: boolean;
  /** Offers completions. Without it the editor offers those of the language. */
  complete?: CompletionSource;
  /** The height, in lines. */
  minLines?: number;
  maxLines?: number;
}

const LINE = 20;

/** From the place of an error to the end of its line; the whole line when it ends there. */
function rangeOf({ line: number, column }: Mistake, doc: Text): { from: number; to: number } {
  const line = doc.line(Math.min(Math.max(1, number), doc.lines));
  const at = line.from + Math.max(0, column - 1);
  return { from: at < line.to ? at : line.from, to: line.to };
}

export default function CodeEditor(props: CodeEditorProps) {
  const { label, language, value, onChange, mistake = null, suspicion = null, readOnly = false, complete, minLines = 6, maxLines = 24 } = props;
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const changed = useRef(onChange);
  useEffect(() => {
    changed.current = onChange;
  }, [onChange]);
  const initial = useRef(value);

  useEffect(() => {
    if (!parent.current) return;
    const editor = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        doc: initial.current,
        extensions: [
          lineNumbers(),
          highlightActiveLineGutter(),
          history(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          lintGutter(),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          language === "javascript" ? javascript({ typescript: true, jsx: true }) : json(),
          readOnly ? [] : autocompletion({ icons: false }),
          EditorState.languageData.of(() => (complete ? [{ autocomplete: complete }] : [])),
          editorTheme,
          EditorView.lineWrapping,
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current?.(update.state.doc.toString());
          }),
          EditorView.theme({
            ".cm-content, .cm-gutter": { minHeight: `${minLines * LINE}px` },
            ".cm-scroller": { maxHeight: `${maxLines * LINE}px`, overflow: "auto" },
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      initial.current = editor.state.doc.toString();
      editor.destroy();
      view.current = null;
    };
  }, [label, language, readOnly, complete, minLines, maxLines]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const shown = mistake ?? suspicion;
    if (!shown) {
      editor.dispatch(setDiagnostics(editor.state, []));
      return;
    }
    const { from, to } = rangeOf(shown, editor.state.doc);
    const marks = setDiagnostics(editor.state, [{ from, to, severity: mistake ? "error" : "warning", message: shown.message }]);
    // A warning appears while somebody types: it must not move the text.
    if (mistake) editor.dispatch(marks, { effects: EditorView.scrollIntoView(from, { y: "center" }) });
    else editor.dispatch(marks);
  }, [mistake, suspicion]);

  return <div ref={parent} className="overflow-hidden rounded-lg border border-control" />;
}
