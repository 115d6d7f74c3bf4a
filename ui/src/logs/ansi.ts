/*
 * Terminal text to plain text plus coloured spans. Colours come from the `anser` library; what only makes sense on a
 * terminal (cursor movement, titles, progress that overwrites its line) is taken out. Each line stands alone: a colour
 * that is left open ends with its line.
 */
import Anser from "anser";

export interface Span {
  /** Offsets into the plain text; `end` is exclusive. */
  start: number;
  end: number;
  /** Class names out of `ansi-*`, as in LogPane.module.css. */
  classes: string;
  /** Colours outside the sixteen named ones, as CSS. */
  colour?: string;
  background?: string;
}

export interface StyledText {
  plain: string;
  spans: readonly Span[];
}

const NONE: readonly Span[] = [];
// Control characters are the very subject here.
/* eslint-disable no-control-regex */
const TERMINAL_TITLE = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?/g;
const TERMINAL_MOVES = /\x1b(?:\[[0-9;?]*[A-HJKSTfhlnsu]|[()][A-Z0-9]|[=>78cDEHM])/g;
const CONTROL = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;
const NEEDS_WORK = /[\x00-\x08\x0b-\x1f\x7f]/;
/* eslint-enable no-control-regex */

/** Splits a raw log line into what is read and how it is coloured. */
export function parseAnsi(raw: string): StyledText {
  if (!NEEDS_WORK.test(raw)) return { plain: raw, spans: NONE };
  let text = raw.replace(/\r+$/, "");
  const overwritten = text.lastIndexOf("\r");
  if (overwritten >= 0) text = text.slice(overwritten + 1);
  text = text.replace(TERMINAL_TITLE, "").replace(TERMINAL_MOVES, "").replace(CONTROL, "");
  if (!text.includes("\x1b")) return { plain: text, spans: NONE };

  let plain = "";
  const spans: Span[] = [];
  for (const chunk of Anser.ansiToJson(text, { use_classes: true, remove_empty: true })) {
    // What the library left is an unfinished sequence, e.g. in a line that was cut.
    // eslint-disable-next-line no-control-regex
    const content = chunk.content.replace(/\x1b\[?[0-9;]*/g, "");
    const start = plain.length;
    plain += content;
    const span = toSpan(chunk, start, plain.length);
    if (span) spans.push(span);
  }
  return { plain, spans };
}

function toSpan(chunk: Anser.AnserJsonEntry, start: number, end: number): Span | undefined {
  if (end === start) return undefined;
  const classes: string[] = chunk.decorations.map((name) => `ansi-${name}`);
  const span: Span = { start, end, classes: "" };
  const fore = namedOrExact(chunk.fg, chunk.fg_truecolor);
  const back = namedOrExact(chunk.bg, chunk.bg_truecolor);
  if (fore?.name) classes.push(fore.name);
  if (fore?.exact) span.colour = fore.exact;
  if (back?.name) classes.push(`${back.name}-bg`);
  if (back?.exact) span.background = back.exact;
  span.classes = classes.join(" ");
  return span.classes || span.colour || span.background ? span : undefined;
}

function namedOrExact(name: string | null, rgb: string | null): { name?: string; exact?: string } | undefined {
  if (!name) return undefined;
  if (name === "ansi-truecolor") return rgb ? { exact: `rgb(${rgb})` } : undefined;
  const palette = /^ansi-palette-(\d+)$/.exec(name);
  return palette ? { exact: paletteColour(Number(palette[1])) } : { name };
}

/** Colour of the 256-colour palette's entries 16 to 255: a 6×6×6 cube, then 24 greys. */
function paletteColour(index: number): string {
  if (index >= 232) {
    const grey = (index - 232) * 10 + 8;
    return `rgb(${grey}, ${grey}, ${grey})`;
  }
  const cube = index - 16;
  const level = (step: number) => (step === 0 ? 0 : step * 40 + 55);
  return `rgb(${level(Math.floor(cube / 36))}, ${level(Math.floor(cube / 6) % 6)}, ${level(cube % 6)})`;
}
