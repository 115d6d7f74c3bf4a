/*
 * What changed in a file between two states, line below line. Virtual: a change of a hundred thousand lines scrolls as
 * one of ten.
 */
import { classNames } from "@cchub/kit";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import type { FileDiff } from "../../../api/files";
import { EmptyState } from "../../../parts/EmptyState";
import { useScale } from "../../../parts/screen";
import { count } from "../../../words";
import styles from "./Diff.module.css";
import { colouredPieces, useColours, type LineColours } from "./useColours";
import { diffCounts, diffRows, type DiffRow } from "./diffRows";

const HEIGHT = 20;
const WORDS = { " ": "unchanged", "+": "added", "-": "removed" } as const;

export interface DiffProps {
  diff: FileDiff;
  /** Chooses the colours. */
  fileName: string;
}

export function Diff({ diff, fileName }: DiffProps) {
  const colours = useColours(diff, fileName);
  const box = useRef<HTMLDivElement>(null);
  const scale = useScale();
  const rows = useMemo(() => diffRows(diff), [diff]);
  const widest = useMemo(
    () => rows.reduce((most, row) => Math.max(most, row.kind === "line" ? row.line.text.length : 0), 0),
    [rows],
  );
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT * scale,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 30,
  });
  useEffect(() => list.measure(), [list, scale]);
  if (diff.binary) return <EmptyState title="No text: its bytes changed" />;
  if (rows.length === 0) {
    return <EmptyState title={diff.newline_changed ? "Only the line ends differ" : "No difference"} />;
  }
  const { added, removed } = diffCounts(diff);
  return (
    <>
      <p className={styles.counts} data-testid="diff-counts">
        <span className={styles.plus}>{count(added, "line")} added</span>
        <span className={styles.minus}>{count(removed, "line")} removed</span>
        {diff.newline_changed ? <span>line ends differ, too</span> : null}
        {diff.truncated ? <span>more is not shown: the change is too large</span> : null}
      </p>
      <div
        ref={box}
        className={styles.box}
        role="region"
        aria-label="Changes"
        // Reachable so that it can be scrolled with the keys of a page.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        data-testid="diff"
      >
        <div
          className={styles.space}
          style={{ height: list.getTotalSize(), minWidth: `calc(${Math.min(widest, 2000)}ch + 14ch)` }}
        >
          {list.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row ? (
              <div
                key={item.key}
                className={styles.row}
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
              >
                <Line row={row} colours={colours} />
              </div>
            ) : null;
          })}
        </div>
      </div>
    </>
  );
}

function Line({ row, colours }: { row: DiffRow; colours: LineColours }) {
  if (row.kind === "hunk") return <div className={styles.hunk}>{row.text}</div>;
  const { kind, text, old, new: now } = row.line;
  return (
    <div className={classNames(styles.line, kind === "+" && styles.added, kind === "-" && styles.removed)}>
      <span className={styles.number}>{old ?? ""}</span>
      <span className={styles.number}>{now ?? ""}</span>
      <span className={styles.sign} aria-hidden="true">
        {kind}
      </span>
      {kind === " " ? null : <span className="visually-hidden">{WORDS[kind]} </span>}
      <code className={styles.text}>
        {colouredPieces(text, colours.get(row.line) ?? []).map((piece, place) =>
          piece.classes === "" ? (
            piece.text
          ) : (
            <span key={place} className={piece.classes}>
              {piece.text}
            </span>
          ),
        )}
      </code>
      {row.line.no_newline ? <span className={styles.end}>no line end here</span> : null}
    </div>
  );
}
