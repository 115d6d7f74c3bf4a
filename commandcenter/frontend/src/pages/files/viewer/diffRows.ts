/*
 * A diff as rows of equal height: the place of each hunk, and its lines. Pure.
 */
import type { DiffLine, FileDiff } from "../../../api/files";

export type DiffRow = { kind: "hunk"; key: string; text: string } | { kind: "line"; key: string; line: DiffLine };

/** The lines of a hunk as the file has them now; as it had them, where none of them is left. */
function linesOf({ old_start, old_lines, new_start, new_lines }: FileDiff["hunks"][number]): string {
  const [start, many] = new_lines > 0 ? [new_start, new_lines] : [old_start, old_lines];
  return `Lines ${start}–${start + Math.max(0, many - 1)}`;
}

export function diffRows(diff: Pick<FileDiff, "hunks">): DiffRow[] {
  return diff.hunks.flatMap((hunk, index) => [
    {
      kind: "hunk" as const,
      key: `hunk ${index}`,
      text: `${linesOf(hunk)}${hunk.header ? ` · ${hunk.header}` : ""}`,
    },
    ...hunk.lines.map((line, place) => ({ kind: "line" as const, key: `${index} ${place}`, line })),
  ]);
}

/** How many lines came and went. */
export function diffCounts(diff: Pick<FileDiff, "hunks">): { added: number; removed: number } {
  const counts = { added: 0, removed: 0 };
  for (const { lines } of diff.hunks) {
    for (const { kind } of lines) {
      if (kind === "+") counts.added += 1;
      else if (kind === "-") counts.removed += 1;
    }
  }
  return counts;
}
