/*
 * Reads a server-sent event stream from a fetch response. EventSource cannot carry the bearer token, so the format is
 * read here: `event`, `data` over several lines, comments as signs of life. `id` and `retry` are not used by the Hub.
 */
export interface ServerEvent {
  event: string;
  data: string;
}

/** Cuts a stream of text into events. Feed it pieces of any size. */
export class EventParser {
  #rest = "";
  #event = "";
  #data: string[] = [];

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line === "") {
        if (this.#data.length > 0) events.push({ event: this.#event || "message", data: this.#data.join("\n") });
        this.#event = "";
        this.#data = [];
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") this.#event = value;
      else if (field === "data") this.#data.push(value);
    }
    return events;
  }
}

/**
 * Reads events until the stream ends, fails, or is silent for `silence` milliseconds (the Hub sends a comment at least
 * every 15 s).
 */
export async function readEvents(
  response: Response,
  onEvent: (event: ServerEvent) => void,
  silence = 45_000,
): Promise<void> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const quiet = new Promise<"quiet">((resolve) => {
      timer = setTimeout(() => resolve("quiet"), silence);
    });
    const piece = await Promise.race([reader.read(), quiet]);
    clearTimeout(timer);
    if (piece === "quiet") {
      await reader.cancel();
      return;
    }
    if (piece.done) return;
    for (const event of parser.push(decoder.decode(piece.value, { stream: true }))) onEvent(event);
  }
}
