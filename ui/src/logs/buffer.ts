/*
 * The lines a log pane holds: in order, without doubles, within a fixed amount of memory. The oldest go first; they stay
 * in the Hub's own log. Knows nothing of filters, searches or pixels.
 */
import type { LogLine } from "../api";
import { parseAnsi, type Span } from "./ansi";
import { Sliding } from "./sliding";

export interface Entry {
  /** Number within the project's log; dividers the pane puts in carry the number of the line before them. */
  seq: number;
  /** UTC milliseconds. */
  at: number;
  service: LogLine["service"] | null;
  stream: LogLine["stream"] | "divider";
  plain: string;
  spans: readonly Span[];
}

export interface BufferLimits {
  lines: number;
  /** Upper bound of the text held, in UTF-16 units. */
  characters: number;
}

/** About 30 MB at the very most: two bytes a unit plus the objects around them. */
export const DEFAULT_LIMITS: BufferLimits = { lines: 60_000, characters: 8_000_000 };

export class LogBuffer {
  readonly entries = new Sliding<Entry>();
  #characters = 0;
  #lastSeq = 0;
  readonly #limits: BufferLimits;

  constructor(limits: BufferLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  /** Number of the newest line taken. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** UTF-16 units held now. */
  get characters(): number {
    return this.#characters;
  }

  /** Takes lines in order; those it had already (a stream that began anew repeats them) are passed over. */
  append(lines: readonly LogLine[]): void {
    for (const line of lines) {
      if (line.seq <= this.#lastSeq) continue;
      this.#lastSeq = line.seq;
      const { plain, spans } = parseAnsi(line.text);
      this.#push({ seq: line.seq, at: line.at, service: line.service, stream: line.stream, plain, spans });
    }
    this.#trim();
  }

  /** Puts in a line of the pane's own, e.g. that lines were passed over. */
  divide(text: string, at: number): void {
    this.#push({ seq: this.#lastSeq, at, service: null, stream: "divider", plain: text, spans: [] });
    this.#trim();
  }

  #push(entry: Entry): void {
    this.entries.push(entry);
    this.#characters += entry.plain.length;
  }

  #trim(): void {
    let keep = Math.max(this.entries.start, this.entries.end - this.#limits.lines);
    let size = this.#characters;
    for (let position = this.entries.start; position < keep; position += 1) {
      size -= this.entries.at(position)?.plain.length ?? 0;
    }
    // The newest line stays even where it alone is over the limit.
    while (size > this.#limits.characters && keep < this.entries.end - 1) {
      size -= this.entries.at(keep)?.plain.length ?? 0;
      keep += 1;
    }
    this.#characters = size;
    this.entries.dropUntil(keep);
  }
}
