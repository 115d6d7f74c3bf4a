/*
 * Draws the part of a log that is in sight, straight into the DOM: rows outside the window do not exist, rows that stay
 * are moved rather than made anew, and one frame paints once. React never sees a line.
 */
import { clockTime, type LogSession, type Surface } from "./session";
import type { Entry } from "./buffer";
import { PAINTED_CHARACTERS } from "./view";

/** Rows painted beyond each edge, so that a fast wheel does not outrun the painter. */
const OVERSCAN = 12;
/** A pane that is not laid out yet is taken for this large, in CSS pixels. */
const UNKNOWN_SIZE = { width: 800, height: 600 };

interface Row {
  element: HTMLElement;
  version: number;
}

export class LogPainter implements Surface {
  readonly #rows = new Map<number, Row>();
  readonly #resize: ResizeObserver | undefined;
  readonly #probe: HTMLElement;
  #lastTop = 0;
  #characterWidth = 7.2;
  #rowHeight = 20;

  constructor(
    private readonly viewport: HTMLElement,
    private readonly sizer: HTMLElement,
    private readonly session: LogSession,
  ) {
    this.#probe = document.createElement("span");
    this.#probe.className = "log-probe";
    this.#probe.setAttribute("aria-hidden", "true");
    this.#probe.textContent = "0".repeat(100);
    viewport.append(this.#probe);
    viewport.addEventListener("scroll", this.#scrolled, { passive: true });
    viewport.addEventListener("keydown", this.#pressed);
    if (typeof ResizeObserver !== "undefined") {
      this.#resize = new ResizeObserver(session.invalidate);
      this.#resize.observe(viewport);
    }
  }

  dispose(): void {
    this.viewport.removeEventListener("scroll", this.#scrolled);
    this.viewport.removeEventListener("keydown", this.#pressed);
    this.#resize?.disconnect();
    this.#probe.remove();
    this.sizer.replaceChildren();
    this.#rows.clear();
  }

  paint(rowsDropped: number): void {
    const { view } = this.session;
    const { follow, wrap, timestamps } = this.session.status.get();
    const height = this.viewport.clientHeight || UNKNOWN_SIZE.height;
    const width = this.viewport.clientWidth || UNKNOWN_SIZE.width;
    const probe = this.#probe.getBoundingClientRect();
    if (probe.width > 0) this.#characterWidth = probe.width / 100;
    if (probe.height > 0) this.#rowHeight = probe.height;

    const gutter = (timestamps ? 14 : 0) + 11;
    const columns = Math.floor((width - 32) / this.#characterWidth) - gutter;
    view.wrapAt(wrap ? Math.max(20, columns) : Infinity);

    const total = view.rows * this.#rowHeight;
    this.sizer.style.height = `${total}px`;
    this.sizer.style.minWidth = wrap
      ? "0"
      : `${(Math.min(view.widest, PAINTED_CHARACTERS + 40) + gutter) * this.#characterWidth + 32}px`;

    let top = this.viewport.scrollTop;
    if (follow) top = Math.max(0, total - height);
    else if (rowsDropped > 0) top = Math.max(0, top - rowsDropped * this.#rowHeight);
    if (top !== this.viewport.scrollTop) this.viewport.scrollTop = top;
    this.#lastTop = this.viewport.scrollTop;
    this.#paintWindow(top, height);
  }

  reveal(line: number): void {
    this.session.setFollow(false);
    const top = this.session.view.rowOf(line) * this.#rowHeight;
    const height = this.viewport.clientHeight || UNKNOWN_SIZE.height;
    const inSight = top >= this.viewport.scrollTop && top + this.#rowHeight <= this.viewport.scrollTop + height;
    if (!inSight) this.viewport.scrollTop = Math.max(0, top - height / 3);
  }

  #paintWindow(top: number, height: number): void {
    const { view } = this.session;
    const first = Math.max(view.lines.start, view.lineAtRow(Math.floor(top / this.#rowHeight) - OVERSCAN));
    const lastRow = Math.ceil((top + height) / this.#rowHeight) + OVERSCAN;
    const wanted = new Map<number, number>();
    for (let line = first; line < view.lines.end && view.rowOf(line) < lastRow; line += 1) {
      const position = view.lines.at(line);
      if (position !== undefined) wanted.set(position, line);
    }
    for (const [position, row] of this.#rows) {
      if (wanted.has(position) && row.version === this.session.version) continue;
      row.element.remove();
      this.#rows.delete(position);
    }
    // Rows stand in the document in reading order: selecting and screen readers follow it.
    let next = this.sizer.firstChild;
    for (const [position, line] of wanted) {
      const element = this.#rowFor(position, line);
      if (element === next) next = element.nextSibling;
      else this.sizer.insertBefore(element, next);
      element.style.top = `${view.rowOf(line) * this.#rowHeight}px`;
      element.style.height = `${view.heightOf(line) * this.#rowHeight}px`;
    }
  }

  #rowFor(position: number, line: number): HTMLElement {
    const known = this.#rows.get(position);
    if (known) return known.element;
    const entry = this.session.view.entryAt(line);
    const element = entry ? this.#draw(entry, line) : document.createElement("div");
    this.#rows.set(position, { element, version: this.session.version });
    return element;
  }

  #draw(entry: Entry, line: number): HTMLElement {
    const { timestamps, wrap } = this.session.status.get();
    const row = document.createElement("div");
    row.className = wrap ? "log-row log-wrap" : "log-row";
    row.dataset.testid = "log-line";
    row.dataset.stream = entry.stream;
    if (entry.service) row.dataset.service = entry.service;
    if (line === this.session.currentLine) row.dataset.current = "true";
    if (timestamps) row.append(part("log-time", clockTime(entry.at)));
    row.append(part("log-service", entry.service ?? ""));
    const text = part("log-text", "");
    text.append(...this.#segments(entry));
    row.append(text);
    return row;
  }

  /** Cuts the text wherever a colour or a hit begins or ends. */
  #segments(entry: Entry): Node[] {
    const { matcher } = this.session.view;
    const plain = entry.plain.slice(0, PAINTED_CHARACTERS);
    const hits = matcher.kind === "ready" ? matcher.ranges(plain) : [];
    const nodes: Node[] = [];
    if (hits.length === 0 && entry.spans.length === 0) {
      nodes.push(document.createTextNode(plain));
    } else {
      const cuts = new Set([0, plain.length]);
      for (const span of entry.spans) cuts.add(span.start).add(span.end);
      for (const [start, end] of hits) cuts.add(start).add(end);
      const edges = [...cuts].filter((cut) => cut <= plain.length).sort((a, b) => a - b);
      edges.slice(0, -1).forEach((start, index) => {
        nodes.push(this.#segment(entry, plain, start, edges[index + 1] ?? plain.length, hits));
      });
    }
    const rest = entry.plain.length - plain.length;
    if (rest > 0) nodes.push(part("log-more", ` … ${rest.toLocaleString("en")} more characters`));
    return nodes;
  }

  #segment(entry: Entry, plain: string, start: number, end: number, hits: readonly [number, number][]): Node {
    const span = entry.spans.find((candidate) => candidate.start <= start && candidate.end >= end);
    const hit = hits.some(([from, to]) => from <= start && to >= end);
    const text = plain.slice(start, end);
    if (!span && !hit) return document.createTextNode(text);
    const element = document.createElement(hit ? "mark" : "span");
    element.textContent = text;
    if (span) {
      element.className = span.classes;
      if (span.colour) element.style.color = span.colour;
      if (span.background && !hit) element.style.backgroundColor = span.background;
    }
    return element;
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.key !== "End") return;
    event.preventDefault();
    this.session.setFollow(true);
  };

  /** Scrolling up pauses following, reaching the end resumes it. The painter's own scrolling only ever goes down. */
  readonly #scrolled = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.viewport;
    const up = scrollTop < this.#lastTop - 1;
    const atEnd = scrollHeight - scrollTop - clientHeight < this.#rowHeight;
    this.#lastTop = scrollTop;
    const { follow } = this.session.status.get();
    if (follow && up && !atEnd) this.session.setFollow(false);
    if (!follow && atEnd && !up) this.session.setFollow(true);
    this.session.invalidate();
  };
}

function part(className: string, text: string): HTMLSpanElement {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}
