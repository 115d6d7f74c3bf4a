/*
 * What was found: one virtual list of headings and lines, so that ten thousand matches cost as much as twenty. Every
 * match is a link; the arrow keys of the page move a mark through them.
 */
import { classNames } from "@cchub/kit";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { FileLink, fileHref } from "../../parts/FileLink";
import { Highlighted } from "../../parts/Highlighted";
import { LanguageMark } from "../../parts/LanguageMark";
import { useScale } from "../../parts/screen";
import { count } from "../../words";
import styles from "./Results.module.css";
import { ROW_HEIGHTS, type Row } from "./rows";

export interface ResultsProps {
  rows: readonly Row[];
  /** Place of the marked row; -1 for none. */
  active: number;
  /** Answers an older question. */
  stale: boolean;
  /** Nothing but one file was found: more of its lines are not listed anywhere. */
  alone: boolean;
  /** How far it was scrolled when the user was here last. */
  offset: number;
  onScroll: (offset: number) => void;
  /** The end comes near. */
  onEnd: () => void;
  /** Asks for all matches of one file. */
  onMore: (path: string) => void;
}

/** So many rows before the last one, more are asked for. */
const AHEAD = 60;

export function Results({ rows, active, stale, alone, offset, onScroll, onEnd, onMore }: ResultsProps) {
  const box = useRef<HTMLDivElement>(null);
  const scale = useScale();
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => ROW_HEIGHTS[rows[index]?.kind ?? "line"] * scale,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 20,
    initialOffset: offset,
  });
  useEffect(() => list.measure(), [list, scale]);
  useEffect(() => {
    if (active >= 0) list.scrollToIndex(active, { align: "auto" });
  }, [list, active]);
  const items = list.getVirtualItems();
  const lowest = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && lowest >= rows.length - AHEAD) onEnd();
  }, [lowest, rows.length, onEnd]);
  return (
    <div
      ref={box}
      className={classNames(styles.box, stale && styles.stale)}
      // Reachable so that it can be scrolled with the keys of a page.
      role="region"
      aria-label="Results"
      aria-busy={stale}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onScroll={(event) => onScroll(event.currentTarget.scrollTop)}
      data-testid="search-results"
    >
      <div className={styles.space} style={{ height: list.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return row ? (
            <div
              key={item.key}
              className={styles.row}
              style={{ height: item.size, transform: `translateY(${item.start}px)` }}
            >
              <ResultRow row={row} active={item.index === active} onMore={alone ? null : onMore} />
            </div>
          ) : null;
        })}
      </div>
    </div>
  );
}

interface ResultRowProps {
  row: Row;
  active: boolean;
  /** Null where no more can be listed. */
  onMore: ResultsProps["onMore"] | null;
}

function ResultRow({ row, active, onMore }: ResultRowProps) {
  switch (row.kind) {
    case "file":
      return (
        <h2 className={classNames(styles.file, active && styles.active)}>
          <LanguageMark language={row.file.language} />
          <FileLink id={row.file.id} path={row.file.path} className={styles.path} />
          {row.file.matches.length > 0 ? (
            <span className={styles.count}>{count(row.file.matches.length + row.file.more_matches, "line")}</span>
          ) : null}
        </h2>
      );
    case "line":
      return row.ranges === null ? (
        <div className={styles.line}>
          <span className={styles.number}>{row.line}</span>
          <code className={styles.text}>{row.text}</code>
        </div>
      ) : (
        <a
          href={fileHref(row.file.id, row.line)}
          className={classNames(styles.line, styles.match, active && styles.active)}
          data-testid="search-match"
          data-active={active || undefined}
        >
          <span className={styles.number}>{row.line}</span>
          <code className={styles.text}>
            <Highlighted text={row.text} ranges={row.ranges} />
          </code>
        </a>
      );
    case "gap":
      return <div className={styles.gap} />;
    case "more":
      return onMore ? (
        <button type="button" className={styles.more} onClick={() => onMore(row.file.path)}>
          {count(row.file.more_matches, "more line")} in this file
        </button>
      ) : (
        <p className={styles.unlisted}>
          {count(row.file.more_matches, "more line")} {row.file.more_matches === 1 ? "is" : "are"} not listed: open the
          file to see them
        </p>
      );
  }
}
