/*
 * One open log pane, without its pixels: follows the Hub, holds the lines, answers the controls, and says at most once
 * per frame that there is something to paint. Lives as long as the pane does and ends its stream with it.
 */
import type { LogBatch, Service } from "../api";
import type { Host } from "../host/types";
import { Store } from "../stores/store";
import { LogBuffer, type BufferLimits, type Entry } from "./buffer";
import { compileQuery, type FindQuery } from "./find";
import { LogView } from "./view";

/** Lines asked for when a pane opens. */
const FIRST_TAIL = 5_000;

export interface LogStatus {
  /** Nothing has arrived yet, so that an empty pane need not claim the log is empty. */
  loading: boolean;
  /** The newest line is kept in sight. */
  follow: boolean;
  /** Lines that came since following paused. */
  unseen: number;
  shown: number;
  find: FindQuery;
  /** Lines without a hit are left out. */
  onlyHits: boolean;
  hits: number;
  /** Number of the hit in focus, from 1; 0 where there is none. */
  currentHit: number;
  findError: string | null;
  hidden: ReadonlySet<Service>;
  cleared: boolean;
  wrap: boolean;
  timestamps: boolean;
}

/** What draws a session. */
export interface Surface {
  /** `rowsDropped` rows went at the top since the last call. */
  paint(rowsDropped: number): void;
  /** Brings a line into sight. */
  reveal(line: number): void;
}

export interface SessionOptions {
  wrap: boolean;
  timestamps: boolean;
  /** Shows only this service at first. */
  only?: Service | undefined;
  limits?: BufferLimits;
}

const ALL: readonly Service[] = ["postgres", "redis", "backend", "frontend"];

export class LogSession {
  readonly status: Store<LogStatus>;
  readonly view: LogView;
  readonly #buffer: LogBuffer;
  #surface: Surface | undefined;
  #frame = 0;
  #end: (() => void) | undefined;
  #version = 0;
  /** Position in the buffer of the line the search stands on. */
  #current: number | undefined;

  constructor(
    private readonly host: Pick<Host, "followLogs">,
    private readonly project: string,
    options: SessionOptions,
  ) {
    this.#buffer = new LogBuffer(options.limits);
    this.view = new LogView(this.#buffer);
    const hidden = new Set(options.only ? ALL.filter((service) => service !== options.only) : []);
    this.view.hide(hidden);
    this.status = new Store<LogStatus>({
      loading: true,
      follow: true,
      unseen: 0,
      shown: 0,
      find: { text: "", regex: false, matchCase: false },
      onlyHits: false,
      hits: 0,
      currentHit: 0,
      findError: null,
      hidden,
      cleared: false,
      wrap: options.wrap,
      timestamps: options.timestamps,
    });
  }

  /** Grows whenever lines that are painted already would look different. */
  get version(): number {
    return this.#version;
  }

  /** Line in the view that the search stands on. */
  get currentLine(): number | undefined {
    const wanted = this.#current;
    if (wanted === undefined) return undefined;
    const line = this.view.lines.lowerBound((position) => position >= wanted);
    return this.view.lines.at(line) === wanted ? line : undefined;
  }

  /** Starts to follow; returns what ends it. */
  open(surface: Surface): () => void {
    this.#surface = surface;
    this.#end = this.host.followLogs({ project: this.project, services: [], tail: FIRST_TAIL }, this.#take);
    return () => {
      this.#end?.();
      this.#end = undefined;
      this.#surface = undefined;
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    };
  }

  /** Asks for one paint in the next frame, however often it is called. */
  readonly invalidate = (): void => {
    if (this.#frame !== 0 || !this.#surface) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#flush();
    });
  };

  toggle(service: Service): void {
    const hidden = new Set(this.status.get().hidden);
    if (!hidden.delete(service)) hidden.add(service);
    // Hiding the last one shows all again: an empty pane would be a riddle.
    this.#hide(hidden.size === ALL.length ? new Set() : hidden);
  }

  /** Shows one service alone, or all again when it is alone already. */
  solo(service: Service): void {
    const { hidden } = this.status.get();
    const alone = hidden.size === ALL.length - 1 && !hidden.has(service);
    this.#hide(new Set(alone ? [] : ALL.filter((other) => other !== service)));
  }

  /** Searches while the user types; lands on the newest hit. */
  find(change: Partial<FindQuery>): void {
    this.#search({ ...this.status.get().find, ...change }, this.status.get().onlyHits);
    this.#standOn(this.view.hits.end - 1);
  }

  setOnlyHits(onlyHits: boolean): void {
    this.#search(this.status.get().find, onlyHits);
  }

  /** Goes to the next (1) or previous (-1) hit, around the ends. */
  step(by: 1 | -1): void {
    const { hits } = this.view;
    const present = this.currentLine;
    const at = present === undefined ? hits.start - 1 : hits.lowerBound((line) => line >= present);
    const next = at + by;
    this.#standOn(next < hits.start ? hits.end - 1 : next >= hits.end ? hits.start : next);
  }

  setWrap(wrap: boolean): void {
    this.#version += 1;
    this.status.patch({ wrap });
    this.invalidate();
  }

  setTimestamps(timestamps: boolean): void {
    this.#version += 1;
    this.status.patch({ timestamps });
    this.invalidate();
  }

  /** Takes the lines so far out of sight; nothing is deleted. */
  clear(): void {
    this.#version += 1;
    this.view.showFrom(this.#buffer.entries.end);
    this.status.patch({ cleared: true, unseen: 0, follow: true });
    this.invalidate();
  }

  unclear(): void {
    this.#version += 1;
    this.view.showFrom(0);
    this.status.patch({ cleared: false });
    this.invalidate();
  }

  setFollow(follow: boolean): void {
    this.status.patch(follow ? { follow, unseen: 0 } : { follow });
    if (follow) this.invalidate();
  }

  /** The lines shown, as text. */
  text(): string {
    const lines: string[] = [];
    for (let line = this.view.lines.start; line < this.view.lines.end; line += 1) {
      const entry = this.view.entryAt(line);
      if (entry) lines.push(lineAsText(entry, this.status.get().timestamps));
    }
    return lines.join("\n");
  }

  readonly #take = (batch: LogBatch): void => {
    if (batch.missed > 0) {
      const words = `${batch.missed.toLocaleString("en")} lines came too fast to show; the downloaded log has them`;
      this.#buffer.divide(words, batch.lines[0]?.at ?? Date.now());
    }
    this.#buffer.append(batch.lines);
    if (this.status.get().loading) this.status.patch({ loading: false });
    this.invalidate();
  };

  #hide(hidden: ReadonlySet<Service>): void {
    this.#version += 1;
    this.view.hide(hidden);
    this.status.patch({ hidden });
    this.invalidate();
  }

  #search(find: FindQuery, onlyHits: boolean): void {
    this.#version += 1;
    const matcher = compileQuery(find);
    this.view.search(matcher, onlyHits);
    this.status.patch({ find, onlyHits, findError: matcher.kind === "invalid" ? matcher.why : null });
    this.invalidate();
  }

  #standOn(hit: number): void {
    this.#version += 1;
    const line = this.view.hits.at(hit);
    this.#current = line === undefined ? undefined : this.view.lines.at(line);
    if (line !== undefined) this.#surface?.reveal(line);
    this.status.patch(this.#counts());
    this.invalidate();
  }

  #counts(): Pick<LogStatus, "shown" | "hits" | "currentHit"> {
    const { hits, lines } = this.view;
    const present = this.currentLine;
    const currentHit = present === undefined ? 0 : hits.lowerBound((line) => line >= present) - hits.start + 1;
    return { shown: lines.length, hits: hits.length, currentHit };
  }

  #flush(): void {
    const { added, rowsDropped } = this.view.update();
    this.#surface?.paint(rowsDropped);
    const { follow, unseen } = this.status.get();
    this.status.patch({ ...this.#counts(), unseen: follow ? 0 : unseen + added });
  }
}

/** Local time of day to the millisecond. */
export function clockTime(at: number): string {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const milliseconds = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${milliseconds}`;
}

/** A line as it is copied. */
export function lineAsText(entry: Entry, timestamps: boolean): string {
  const service = entry.service === null ? "" : `${entry.service.padEnd(8)}  `;
  return `${timestamps ? `${clockTime(entry.at)}  ` : ""}${service}${entry.plain}`;
}
