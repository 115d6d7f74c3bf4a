/*
 * The live stream of the folder's events: keeps the connection, resumes after the last event it has seen, and tells how
 * it stands. A store read through useSyncExternalStore; it knows nothing of React.
 */
import type { Api, WorkbenchEvent } from "./client";
import { EventParser, type ServerEvent } from "./sse";

export interface Entry extends WorkbenchEvent {
  id: string;
}

export interface LiveState {
  connection: "connecting" | "live" | "lost";
  /** The backend answers, but Redis does not: what happens arrives once it does. */
  waiting: boolean;
  /** Newest first, bounded. */
  entries: readonly Entry[];
  /** Id of the newest event that is not among them any more, because too many came after it. */
  dropped: string | null;
}

/** So many events are kept for the page. */
const KEPT = 500;
/** The backend gives a sign every 10 s; a stream that is silent for longer than this is dead, in milliseconds. */
const SILENCE = 30_000;
/** What the backend says while Redis is away. */
const WAITING = "waiting for Redis";
/** Pauses between tries, in milliseconds: quick at first, because a backend restarts within a second. */
const PAUSES = [250, 500, 1000, 2000, 5000];

export class LiveEvents {
  #state: LiveState = { connection: "connecting", waiting: false, entries: [], dropped: null };
  readonly #listeners = new Set<() => void>();
  readonly #hearers = new Set<(event: Entry) => void>();
  readonly #end = new AbortController();
  #last: string | null = null;

  constructor(
    private readonly api: Pick<Api, "events">,
    private readonly pauses: readonly number[] = PAUSES,
  ) {}

  getState = (): LiveState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Calls back for each event that arrives. */
  onEvent(hear: (event: Entry) => void): () => void {
    this.#hearers.add(hear);
    return () => this.#hearers.delete(hear);
  }

  stop(): void {
    this.#end.abort();
  }

  /** Keeps the stream until it is stopped. */
  async run(): Promise<void> {
    let failures = 0;
    const isOver = () => this.#end.signal.aborted;
    while (!isOver()) {
      try {
        const response = await this.api.events(this.#last, this.#end.signal);
        failures = 0;
        this.#set({ connection: "live" });
        await this.#read(response);
      } catch {
        // Whatever broke it, the answer is to connect again; the page shows that it is lost meanwhile.
      }
      if (isOver()) return;
      this.#set({ connection: "lost", waiting: false });
      const pause = this.pauses[Math.min(failures, this.pauses.length - 1)] ?? 1000;
      failures += 1;
      await new Promise<void>((resolve) => setTimeout(resolve, pause));
    }
  }

  async #read(response: Response): Promise<void> {
    if (!response.body) return;
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const silence = setTimeout(() => void reader.cancel(), SILENCE);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      const events = parser.push(decoder.decode(value, { stream: true }));
      const waiting = parser.comment === WAITING && events.length === 0;
      if (waiting !== this.#state.waiting) this.#set({ waiting });
      this.#take(events);
    }
  }

  /** Takes in what arrived together: the page is drawn once for a storm of events, not once for each. */
  #take(events: readonly ServerEvent[]): void {
    const arrived: Entry[] = [];
    let last = this.#last;
    for (const { id, data } of events) {
      if (data !== null) arrived.push({ ...(JSON.parse(data) as WorkbenchEvent), id: placeOf(id, last) });
      last = id ?? last;
    }
    this.#last = last;
    if (arrived.length === 0) return;
    const entries = [...arrived.toReversed(), ...this.#state.entries];
    this.#set({ entries: entries.slice(0, KEPT), dropped: entries[KEPT]?.id ?? this.#state.dropped });
    for (const entry of arrived) for (const hear of this.#hearers) hear(entry);
  }

  #set(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** The place of an event in the stream. One that has none of its own, as a gap, comes right after the last one. */
function placeOf(id: string | null, last: string | null): string {
  return id !== null && id !== last ? id : `${last ?? "0-0"}.5`;
}
