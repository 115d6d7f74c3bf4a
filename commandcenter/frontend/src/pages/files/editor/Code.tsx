/*
 * The code editor as a component: stands as long as its document, follows its properties. Has the focus of the keyboard
 * where the user puts it, never by itself.
 */
import type { Text } from "@codemirror/state";
import { useEffect, useRef } from "react";
import styles from "./Code.module.css";
import { parseLines, type LineRange } from "./lines";
import { showLines } from "./markedLines";
import { CodeEditor, type EditorOptions } from "./setup";

export interface CodeProps extends EditorOptions {
  /** The text at first; a new one is put in its place while nothing was typed. */
  text: string;
  /** What was typed earlier and is not stored; comes before the text. */
  draft: Text | null;
  /** "12" or "12-20" */
  lines: string | null;
  onChange: (text: Text) => void;
  onMark: (lines: LineRange) => void;
  /** So many differences of a merge are not chosen yet. */
  onUndecided: (count: number) => void;
}

export default function Code({ text, draft, lines, onChange, onMark, onUndecided, ...options }: CodeProps) {
  const box = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | null>(null);
  const latest = useRef({ text, draft, lines, options, onChange, onMark, onUndecided });
  useEffect(() => {
    latest.current = { text, draft, lines, options, onChange, onMark, onUndecided };
  });
  useEffect(() => {
    if (!box.current) return;
    const { current } = latest;
    const made = new CodeEditor(box.current, current.draft ?? current.text, current.options, {
      onChange: (typed) => latest.current.onChange(typed),
      onMark: (marked) => latest.current.onMark(marked),
      onUndecided: (count) => latest.current.onUndecided(count),
    });
    editor.current = made;
    return () => {
      editor.current = null;
      made.destroy();
    };
  }, []);
  const { label, fileName, readOnly, wrap, original } = options;
  useEffect(() => {
    editor.current?.configure({ label, fileName, readOnly, wrap, original });
  }, [label, fileName, readOnly, wrap, original]);
  const typed = draft !== null;
  useEffect(() => {
    if (!typed) editor.current?.replace(text);
  }, [text, typed]);
  useEffect(() => {
    if (editor.current) showLines(editor.current.view, parseLines(lines));
  }, [lines]);
  return <div ref={box} className={styles.code} />;
}
