/*
 * Two texts compared, to be looked at: what is only in theirs above what is only in mine, the rest folded away.
 */
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import styles from "./Code.module.css";
import { codeTheme } from "./theme";

export interface ComparisonProps {
  theirs: string;
  mine: string;
}

export default function Comparison({ theirs, mine }: ComparisonProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const view = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: mine,
        extensions: [
          EditorState.lineSeparator.of("\n"),
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ "aria-label": "Difference", tabindex: "0" }),
          lineNumbers(),
          unifiedMergeView({ original: theirs, mergeControls: false, collapseUnchanged: { margin: 2, minSize: 4 } }),
          codeTheme,
        ],
      }),
    });
    return () => view.destroy();
  }, [theirs, mine]);
  return <div ref={box} className={styles.code} />;
}
