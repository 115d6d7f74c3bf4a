/*
 * Search results as rows of known height: a heading per file, its matching lines with their context, and a mark where
 * lines are left out. Contexts that touch are joined, so that no line is shown twice. Pure.
 */
import type { Range, SearchFile, SearchMatch } from "../../api/search";

export interface LineRow {
  kind: "line";
  key: string;
  file: SearchFile;
  line: number;
  text: string;
  /** What matches in it; null for a line of context. */
  ranges: Range[] | null;
}

export type Row =
  | { kind: "file"; key: string; file: SearchFile }
  | LineRow
  | { kind: "gap"; key: string }
  | { kind: "more"; key: string; file: SearchFile };

/** Heights at the normal size of type, in pixels. */
export const ROW_HEIGHTS: Readonly<Record<Row["kind"], number>> = { file: 36, line: 20, gap: 9, more: 30 };

/** A match further right than this is moved to the left, so that it can be seen, in characters. */
const VISIBLE = { wide: 100, narrow: 24 };
/** So much is kept before a match that was moved. */
const LEAD = 12;

/** The rows of what was found; on a `narrow` screen matches are moved further to the left. */
export function rowsOf(files: readonly SearchFile[], narrow = false): Row[] {
  const rows: Row[] = [];
  for (const file of files) {
    rows.push({ kind: "file", key: file.id, file });
    let last: number | null = null;
    for (const row of linesOf(file, narrow ? VISIBLE.narrow : VISIBLE.wide)) {
      if (last !== null && row.line > last + 1) rows.push({ kind: "gap", key: `${row.key}-gap` });
      rows.push(row);
      last = row.line;
    }
    if (file.more_matches > 0) rows.push({ kind: "more", key: `${file.id}-more`, file });
  }
  return rows;
}

/** Rows that the arrow keys stop at: matching lines, and files that are listed without any. */
export function isStop(row: Row | undefined): boolean {
  return row?.kind === "line" ? row.ranges !== null : row?.kind === "file" && row.file.matches.length === 0;
}

function linesOf(file: SearchFile, visible: number): LineRow[] {
  const lines = new Map<number, LineRow>();
  const row = (line: number, text: string, ranges: Range[] | null): LineRow => ({
    kind: "line",
    key: `${file.id}:${line}`,
    file,
    line,
    text,
    ranges,
  });
  const context = (line: number, text: string) => {
    if (!lines.has(line)) lines.set(line, row(line, text, null));
  };
  for (const match of file.matches) {
    match.before.forEach((text, i) => context(match.line - match.before.length + i, text));
    const { text, ranges } = intoView(match, visible);
    lines.set(match.line, row(match.line, text, ranges));
    match.after.forEach((after, i) => context(match.line + 1 + i, after));
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}

/** The line with its first match near enough to the left to be seen, and marks where it was cut. */
export function intoView(
  match: Pick<SearchMatch, "text" | "ranges" | "cut_start" | "cut_end">,
  visible: number,
): { text: string; ranges: Range[] } {
  const first = match.ranges[0]?.[0] ?? 0;
  const left = first > visible ? first - LEAD : 0;
  const lead = left > 0 || match.cut_start ? "…" : "";
  const move = (at: number) => at - left + lead.length;
  return {
    text: lead + match.text.slice(left) + (match.cut_end ? "…" : ""),
    ranges: match.ranges.map(([from, to]) => [move(from), move(to)]),
  };
}
