/*
 * A text with parts of it marked, e.g. what a search has found. Ranges are UTF-16 offsets, in order.
 */
import { classNames } from "@cchub/kit";
import styles from "./Highlighted.module.css";

export interface HighlightedProps {
  text: string;
  ranges: readonly (readonly [number, number])[];
  mono?: boolean;
}

interface Piece {
  at: number;
  text: string;
  marked: boolean;
}

/** Cuts a text at the edges of its ranges. Ranges that overlap or reach past the end are clamped. */
export function pieces(text: string, ranges: HighlightedProps["ranges"]): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    const start = Math.max(at, Math.min(from, text.length));
    const end = Math.max(start, Math.min(to, text.length));
    if (start > at) found.push({ at, text: text.slice(at, start), marked: false });
    if (end > start) found.push({ at: start, text: text.slice(start, end), marked: true });
    at = end;
  }
  if (at < text.length) found.push({ at, text: text.slice(at), marked: false });
  return found;
}

export function Highlighted({ text, ranges, mono }: HighlightedProps) {
  return (
    <span className={classNames(styles.text, mono && styles.mono)}>
      {pieces(text, ranges).map((piece) =>
        piece.marked ? <mark key={piece.at}>{piece.text}</mark> : <span key={piece.at}>{piece.text}</span>,
      )}
    </span>
  );
}
