/**
 * A code editor. Tab leaves it, as it leaves every other field; Mod-] and Mod-[ indent. The text is the
 * caller's: it is told of every change, and what it gives back is what is shown.
 */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { editorTheme } from "./theme";

/** A mistake, at a line and column counted from 1. */
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
  mistake?: Mistake | null;
  readOnly?: boolean;
  /** In lines. */
  minLines?: number;
  maxLines?: number;
}

const LINE = 20;

export default function CodeEditor(props: CodeEditorProps) {
  const { label, language, value, onChange, mistake = null, readOnly = false, minLines = 6, maxLines = 24 } = props;
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
          keymap.of([...defaultKeymap, ...historyKeymap]),
          language === "javascript" ? javascript() : json(),
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
  }, [label, language, readOnly, minLines, maxLines]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    if (!mistake) {
      editor.dispatch(setDiagnostics(editor.state, []));
      return;
    }
    const { doc } = editor.state;
    const line = doc.line(Math.min(Math.max(1, mistake.line), doc.lines));
    const from = Math.min(line.from + Math.max(0, mistake.column - 1), line.to);
    const to = from < line.to ? line.to : from;
    editor.dispatch(
      setDiagnostics(editor.state, [
        { from: from === to ? line.from : from, to, severity: "error", message: mistake.message },
      ]),
      { effects: EditorView.scrollIntoView(from, { y: "center" }) },
    );
  }, [mistake]);

  return <div ref={parent} className="overflow-hidden rounded-lg border border-control" />;
}
