/*
 * The colours of the lines of a diff. Each side of a hunk is read as a text of its own, as it stood in its file.
 */
import { useEffect, useState } from "react";
import type { DiffLine, FileDiff } from "../../../api/files";
import type { Coloured } from "../editor/colours";

export type LineColours = ReadonlyMap<DiffLine, readonly Coloured[]>;

const NONE: LineColours = new Map();

/** Colours by line; none until they are there, or where the language is not known. */
export function useColours(diff: FileDiff, fileName: string): LineColours {
  const [colours, setColours] = useState<{ of: FileDiff; lines: LineColours }>({ of: diff, lines: NONE });
  useEffect(() => {
    let wanted = true;
    const sides = sidesOf(diff);
    void import("../editor/colours")
      .then(({ coloursOf }) =>
        coloursOf(
          fileName,
          sides.map((side) => side.map((line) => line.text)),
        ),
      )
      .then(
        (found) => {
          if (!wanted || !found) return;
          const lines = new Map<DiffLine, readonly Coloured[]>();
          sides.forEach((side, at) => side.forEach((line, place) => lines.set(line, found[at]?.[place] ?? [])));
          setColours({ of: diff, lines });
        },
        // The colours could not be loaded, e.g. because the page's server is gone: the text is all there.
        () => undefined,
      );
    return () => {
      wanted = false;
    };
  }, [diff, fileName]);
  return colours.of === diff ? colours.lines : NONE;
}

/** Both sides of each hunk: what was, and what is. A line that both have is coloured as it is now. */
export function sidesOf(diff: Pick<FileDiff, "hunks">): DiffLine[][] {
  return diff.hunks.flatMap(({ lines }) => [
    lines.filter(({ kind }) => kind !== "+"),
    lines.filter(({ kind }) => kind !== "-"),
  ]);
}

/** A line in pieces, each with the classes of its colour; empty classes where it has none. */
export function colouredPieces(text: string, colours: readonly Coloured[]): { text: string; classes: string }[] {
  const pieces: { text: string; classes: string }[] = [];
  let at = 0;
  for (const { from, to, classes } of colours) {
    if (from < at) continue;
    if (from > at) pieces.push({ text: text.slice(at, from), classes: "" });
    pieces.push({ text: text.slice(from, to), classes });
    at = to;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), classes: "" });
  return pieces;
}
