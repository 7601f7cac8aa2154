/** Two texts as one, with what was removed and added. */
import { javascript } from "@codemirror/lang-javascript";
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { editorTheme } from "./theme";

interface Props {
  label: string;
  before: string;
  after: string;
}

const colors = EditorView.theme({
  ".cm-changedLine": { backgroundColor: "var(--ok-soft) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--bad-soft) !important" },
  ".cm-changedText, .cm-deletedText": { background: "none !important", textDecoration: "underline" },
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: '"⋯"' },
  ".cm-collapsedLines": { color: "var(--muted)", background: "var(--sunken)" },
  ".cm-scroller": { maxHeight: "60vh", overflow: "auto" },
});

export default function DiffView({ label, before, after }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!parent.current) return;
    const editor = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        doc: after,
        extensions: [
          lineNumbers(),
          javascript({ typescript: true, jsx: true }),
          unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 6 } }),
          editorTheme,
          colors,
          EditorView.lineWrapping,
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        ],
      }),
    });
    return () => editor.destroy();
  }, [label, before, after]);
  return <div ref={parent} className="overflow-hidden rounded-lg border border-control" />;
}
