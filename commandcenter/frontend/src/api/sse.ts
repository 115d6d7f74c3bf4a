/*
 * Server-sent events read through fetch, because the browser's own reader cannot send a token. Pure parsing here; the
 * connection is kept by ./live.
 */
export interface ServerEvent {
  id: string | null;
  /** Null where the stream only says from where to go on. */
  data: string | null;
}

/** Collects text as it comes and gives back the events that are complete. */
export class EventParser {
  #open = "";
  #comment = "";

  /** The newest comment: the backend says in comments how the stream itself stands. */
  get comment(): string {
    return this.#comment;
  }

  push(text: string): ServerEvent[] {
    this.#open += text.replaceAll("\r\n", "\n");
    const blocks = this.#open.split("\n\n");
    this.#open = blocks.pop() ?? "";
    for (const block of blocks) this.#comment = commentIn(block) ?? this.#comment;
    return blocks.map(parse).filter((event) => event !== null);
  }
}

function commentIn(block: string): string | undefined {
  const line = block.split("\n").findLast((one) => one.startsWith(":"));
  return line?.slice(1).trim();
}

function parse(block: string): ServerEvent | null {
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    else if (line.startsWith("id:")) id = line.slice(3).trim();
  }
  if (data.length === 0) return id === null ? null : { id, data: null };
  return { id, data: data.join("\n") };
}
