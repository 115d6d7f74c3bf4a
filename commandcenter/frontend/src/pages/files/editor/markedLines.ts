/*
 * Lines that the address names ("12" or "12-20"): marked, scrolled to, and named anew by pressing line numbers, with
 * Shift up to another one.
 */
import { StateEffect, StateField, type EditorState, type Extension } from "@codemirror/state";
import { Decoration, EditorView, lineNumbers, type DecorationSet } from "@codemirror/view";
import type { LineRange } from "./lines";

const setLines = StateEffect.define<LineRange | null>();

const mark = Decoration.line({ class: "cm-marked-line", attributes: { "data-marked": "true" } });

function decorate(state: EditorState, lines: LineRange | null): DecorationSet {
  if (!lines) return Decoration.none;
  const last = Math.min(lines.to, state.doc.lines);
  const marks = [];
  for (let line = lines.from; line <= last; line += 1) marks.push(mark.range(state.doc.line(line).from));
  return Decoration.set(marks);
}

const field = StateField.define<{ lines: LineRange | null; marks: DecorationSet }>({
  create: () => ({ lines: null, marks: Decoration.none }),
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setLines)) return { lines: effect.value, marks: decorate(transaction.state, effect.value) };
    }
    return transaction.docChanged ? { ...value, marks: value.marks.map(transaction.changes) } : value;
  },
  provide: (self) => EditorView.decorations.from(self, (value) => value.marks),
});

/** Line numbers that mark lines when they are pressed. */
export function markedLines(onMark: (lines: LineRange) => void): Extension {
  const numbers = lineNumbers({
    domEventHandlers: {
      mousedown(view, block, event) {
        const line = view.state.doc.lineAt(block.from).number;
        const anchor = view.state.field(field).lines?.from;
        const extend = event instanceof MouseEvent && event.shiftKey && anchor !== undefined;
        onMark(extend ? { from: Math.min(anchor, line), to: Math.max(anchor, line) } : { from: line, to: line });
        event.preventDefault();
        return true;
      },
    },
  });
  return [field, numbers];
}

/** Marks lines and brings the first of them into view. */
export function showLines(view: EditorView, lines: LineRange | null): void {
  const effects: StateEffect<unknown>[] = [setLines.of(lines)];
  if (lines && lines.from <= view.state.doc.lines) {
    effects.push(EditorView.scrollIntoView(view.state.doc.line(lines.from).from, { y: "center" }));
  }
  view.dispatch({ effects });
}
