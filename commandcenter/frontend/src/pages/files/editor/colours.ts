/*
 * Colours of a language for texts that stand outside of the editor, line by line. Loaded only when such a text is shown.
 */
import { LanguageDescription } from "@codemirror/language";
import { languages } from "@codemirror/language-data";
import { classHighlighter, highlightTree } from "@lezer/highlight";

/** A part of a line and the classes of its colour ("tok-keyword"). */
export interface Coloured {
  from: number;
  to: number;
  classes: string;
}

/** Longer texts stay without colours, in characters. */
const MOST = 300_000;

/** The coloured parts of each line of each of these texts; null when the language of a file of this name is not known. */
export async function coloursOf(
  fileName: string,
  texts: readonly (readonly string[])[],
): Promise<Coloured[][][] | null> {
  const length = texts.reduce((sum, lines) => sum + lines.reduce((all, line) => all + line.length + 1, 0), 0);
  const found = LanguageDescription.matchFilename(languages, fileName);
  if (!found || length > MOST) return null;
  const { language } = await found.load();
  return texts.map((lines) => {
    const coloured = lines.map((): Coloured[] => []);
    const starts: number[] = [];
    let start = 0;
    for (const line of lines) {
      starts.push(start);
      start += line.length + 1;
    }
    let line = 0;
    highlightTree(language.parser.parse(lines.join("\n")), classHighlighter, (from, to, classes) => {
      while (line + 1 < lines.length && from >= (starts[line + 1] ?? 0)) line += 1;
      // A comment or a string may go over several lines.
      for (let at = line; at < lines.length && (starts[at] ?? 0) < to; at += 1) {
        const begin = starts[at] ?? 0;
        const end = Math.min(to - begin, lines[at]?.length ?? 0);
        if (Math.max(0, from - begin) < end) coloured[at]?.push({ from: Math.max(0, from - begin), to: end, classes });
      }
    });
    return coloured;
  });
}
