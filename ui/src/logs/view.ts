/*
 * Which lines of a buffer are shown and where: filters, row heights under wrapping, search hits. All of it is updated
 * piece by piece as lines come and go; only a change of filter or width looks at every line again. No pixels, no DOM.
 */
import type { Service } from "../api";
import type { Entry, LogBuffer } from "./buffer";
import type { Matcher } from "./find";
import { Sliding } from "./sliding";

/** Text beyond this is not painted; copying takes the whole line. */
export const PAINTED_CHARACTERS = 4_000;

// Scripts and pictures that take two columns in a monospaced font.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]/gu;
const PLAIN_ASCII = /^[\x20-\x7e]*$/;

/** Columns a text takes in a monospaced font, with tab stops every 8. */
export function columnsOf(text: string): number {
  const shown = text.length > PAINTED_CHARACTERS ? text.slice(0, PAINTED_CHARACTERS) : text;
  if (PLAIN_ASCII.test(shown)) return shown.length;
  let columns = 0;
  for (const point of shown) columns = point === "\t" ? (Math.floor(columns / 8) + 1) * 8 : columns + 1;
  return columns + (shown.match(WIDE)?.length ?? 0);
}

export class LogView {
  /** Positions in the buffer of the lines shown. */
  readonly lines = new Sliding<number>();
  /** Positions in `lines` of those the search hits. */
  readonly hits = new Sliding<number>();
  /** Cumulated rows after each line, counted from the first line ever shown. */
  readonly #rowEnds = new Sliding<number>();
  #rowsDropped = 0;
  #seen = 0;
  #widest = 0;
  #hidden: ReadonlySet<Service> = new Set();
  #columns = Infinity;
  #matcher: Matcher = { kind: "none" };
  #onlyHits = false;
  #from = 0;

  constructor(readonly buffer: LogBuffer) {}

  /** Rows of all lines shown. */
  get rows(): number {
    return this.#lastRow() - this.#rowsDropped;
  }

  /** Columns of the widest line shown so far. */
  get widest(): number {
    return this.#widest;
  }

  get matcher(): Matcher {
    return this.#matcher;
  }

  /** Position in the buffer before which lines are cleared from view. */
  get clearedUntil(): number {
    return this.#from;
  }

  /** Takes in what the buffer gained and lost. Returns how many lines and rows came and went. */
  update(): { added: number; rowsDropped: number } {
    const { entries } = this.buffer;
    const before = this.lines.end;
    for (let position = Math.max(this.#seen, entries.start); position < entries.end; position += 1) {
      const entry = entries.at(position);
      if (entry && this.#shows(entry, position)) this.#show(entry, position);
    }
    this.#seen = entries.end;
    const gone = this.lines.lowerBound((position) => position >= entries.start);
    const rows = gone > this.lines.start ? (this.#rowEnds.at(gone - 1) ?? this.#rowsDropped) : this.#rowsDropped;
    const rowsDropped = rows - this.#rowsDropped;
    this.#rowsDropped = rows;
    this.lines.dropUntil(gone);
    this.#rowEnds.dropUntil(gone);
    this.hits.dropUntil(this.hits.lowerBound((line) => line >= gone));
    return { added: this.lines.end - before, rowsDropped };
  }

  /** Hides services; all others are shown. */
  hide(services: ReadonlySet<Service>): void {
    this.#hidden = services;
    this.#rebuild();
  }

  /** Wraps at this many columns; Infinity for one row a line. */
  wrapAt(columns: number): void {
    if (columns === this.#columns) return;
    this.#columns = columns;
    this.#rebuild();
  }

  /** Searches; with `onlyHits` everything else is left out. */
  search(matcher: Matcher, onlyHits: boolean): void {
    this.#matcher = matcher;
    this.#onlyHits = onlyHits;
    this.#rebuild();
  }

  /** Clears the view of all lines before a position of the buffer; 0 shows them again. */
  showFrom(position: number): void {
    this.#from = position;
    this.#rebuild();
  }

  entryAt(line: number): Entry | undefined {
    const position = this.lines.at(line);
    return position === undefined ? undefined : this.buffer.entries.at(position);
  }

  /** The line that covers a row, counted from the first row shown. */
  lineAtRow(row: number): number {
    const wanted = row + this.#rowsDropped;
    return this.#rowEnds.lowerBound((end) => end > wanted);
  }

  /** First row of a line, counted from the first row shown. */
  rowOf(line: number): number {
    return (this.#rowEnds.at(line - 1) ?? this.#rowsDropped) - this.#rowsDropped;
  }

  /** Rows a line takes. */
  heightOf(line: number): number {
    return (this.#rowEnds.at(line) ?? 0) - (this.#rowEnds.at(line - 1) ?? this.#rowsDropped);
  }

  #lastRow(): number {
    return this.#rowEnds.at(this.#rowEnds.end - 1) ?? this.#rowsDropped;
  }

  #shows(entry: Entry, position: number): boolean {
    if (position < this.#from) return false;
    if (entry.service !== null && this.#hidden.has(entry.service)) return false;
    return !this.#onlyHits || this.#matcher.kind !== "ready" || this.#matcher.test(entry.plain);
  }

  #show(entry: Entry, position: number): void {
    const columns = columnsOf(entry.plain);
    this.#widest = Math.max(this.#widest, columns);
    const rows = Number.isFinite(this.#columns) ? Math.max(1, Math.ceil(columns / this.#columns)) : 1;
    const line = this.lines.end;
    this.#rowEnds.push(this.#lastRow() + rows);
    this.lines.push(position);
    if (this.#matcher.kind === "ready" && this.#matcher.test(entry.plain)) this.hits.push(line);
  }

  #rebuild(): void {
    this.lines.clear();
    this.hits.clear();
    this.#rowEnds.clear();
    this.#rowsDropped = 0;
    this.#widest = 0;
    this.#seen = this.buffer.entries.start;
    this.update();
  }
}
