/*
 * A Hub for tests: answers requests from memory and lets the test push whatever the real one would.
 */
import type { Command, LogBatch, Params, ProjectView, Reply, Snapshot, WireError } from "../src/api";
import { HubError } from "../src/host/error";
import type { DropEvent, FollowRequest, Host, Stop, Update } from "../src/host/types";

type Handler = (params: never) => unknown;

export class FakeHost implements Host {
  readonly calls: { command: Command; params: unknown }[] = [];
  readonly opened: string[] = [];
  readonly quits: string[] = [];
  readonly follows: FollowRequest[] = [];
  picked: readonly string[] = [];
  /** What a log holds already when somebody begins to follow it. */
  backlog: LogBatch | null = null;
  #seq = 0;
  readonly #handlers = new Map<Command, Handler>();
  readonly #updates = new Set<(update: Update) => void>();
  readonly #batches = new Set<(batch: LogBatch) => void>();
  readonly #drops = new Set<(event: DropEvent) => void>();
  readonly #quitAsked = new Set<() => void>();

  constructor(
    readonly kind: "desktop" | "page" = "desktop",
    readonly canPick = kind === "desktop",
    readonly canDrop = kind === "desktop",
  ) {}

  /** Answers a command; throw a wire error's HubError to refuse. */
  on<C extends Command>(command: C, handler: (params: Params<C>) => Reply<C> | Promise<Reply<C>>): this {
    this.#handlers.set(command, handler);
    return this;
  }

  refuse(command: Command, error: WireError): this {
    this.#handlers.set(command, () => {
      throw new HubError(error);
    });
    return this;
  }

  rpc<C extends Command>(command: C, params: Params<C>): Promise<Reply<C>> {
    this.calls.push({ command, params });
    const handler = this.#handlers.get(command);
    if (!handler) return new Promise(() => undefined);
    return Promise.resolve().then(() => handler(params as never) as Reply<C>);
  }

  subscribe(onUpdate: (update: Update) => void): Stop {
    return keep(this.#updates, onUpdate);
  }

  followLogs(request: FollowRequest, onBatch: (batch: LogBatch) => void): Stop {
    this.follows.push(request);
    const { backlog } = this;
    if (backlog) queueMicrotask(() => onBatch(backlog));
    return keep(this.#batches, onBatch);
  }

  get followers(): number {
    return this.#batches.size;
  }

  pickFolders(): Promise<readonly string[]> {
    return Promise.resolve(this.picked);
  }

  onFolderDrop(onDrop: (event: DropEvent) => void): Stop {
    return keep(this.#drops, onDrop);
  }

  openExternal(url: string): Promise<void> {
    this.opened.push(url);
    return Promise.resolve();
  }

  onQuitAsked(onAsked: () => void): Stop {
    return keep(this.#quitAsked, onAsked);
  }

  quit(choice: "leave" | "stop"): Promise<void> {
    this.quits.push(choice);
    return Promise.resolve();
  }

  snapshot(projects: ProjectView[], hub: Partial<Snapshot["hub"]> = {}): void {
    this.#seq += 1;
    const info = {
      version: "0.1.0",
      home: "/home/ada/.local/share/cchub",
      port: 9001,
      runtime: "native",
      pid: 4711,
      ...hub,
    };
    this.push({ kind: "snapshot", snapshot: { seq: this.#seq, hub: info, projects } });
  }

  change(project: ProjectView): void {
    this.#seq += 1;
    this.push({ kind: "event", event: { seq: this.#seq, change: { kind: "project", project } } });
  }

  gone(id: string): void {
    this.#seq += 1;
    this.push({ kind: "event", event: { seq: this.#seq, change: { kind: "removed", id } } });
  }

  push(update: Update): void {
    for (const listener of this.#updates) listener(update);
  }

  lines(batch: LogBatch): void {
    for (const listener of this.#batches) listener(batch);
  }

  drop(event: DropEvent): void {
    for (const listener of this.#drops) listener(event);
  }

  askQuit(): void {
    for (const listener of this.#quitAsked) listener();
  }
}

function keep<T>(set: Set<T>, item: T): Stop {
  set.add(item);
  return () => set.delete(item);
}
