/*
 * Everything the UI knows of the Hub: the connection, the projects, what is being added and which action is under way.
 * Folds snapshots and events into one immutable state and turns the user's wishes into requests. Renders nothing.
 */
import type { HubInfo, ProjectView, Service, WireError } from "../api";
import { toHubError } from "../host/error";
import type { Host, Stop, Update } from "../host/types";
import { folderName } from "../models/words";
import { Store } from "./store";

/** A folder on its way to becoming a project; shown at once, before the Hub has answered. */
export interface Adding {
  key: number;
  path: string;
  name: string;
  error: WireError | null;
}

export type Action = "start" | "stop" | "restart" | "remove";

export interface HubState {
  /** "connecting" only until the first snapshot. */
  connection: "connecting" | "live" | "lost";
  /** Why the connection ended, where that is known. */
  lostBecause: WireError | null;
  hub: HubInfo | null;
  projects: readonly ProjectView[];
  adding: readonly Adding[];
  /** Requests under way, by project id, or by project id and service: "id/redis". */
  busy: ReadonlyMap<string, Action>;
}

export type Notice = { kind: "failed"; error: WireError } | { kind: "already_registered"; project: string };

const EMPTY: HubState = {
  connection: "connecting",
  lostBecause: null,
  hub: null,
  projects: [],
  adding: [],
  busy: new Map(),
};

/** The state after an update; events that the snapshot holds already change nothing. */
export function fold(state: HubState, seq: number, update: Update): { state: HubState; seq: number } {
  switch (update.kind) {
    case "lost":
      return { state: { ...state, connection: "lost", lostBecause: update.reason }, seq };
    case "snapshot": {
      const { hub, projects } = update.snapshot;
      return { state: { ...state, connection: "live", lostBecause: null, hub, projects }, seq: update.snapshot.seq };
    }
    case "event": {
      if (update.event.seq <= seq) return { state, seq };
      return { state: { ...state, projects: change(state.projects, update.event.change) }, seq: update.event.seq };
    }
  }
}

function change(
  projects: readonly ProjectView[],
  what: (Update & { kind: "event" })["event"]["change"],
): readonly ProjectView[] {
  if (what.kind === "removed") return projects.filter((project) => project.id !== what.id);
  const known = projects.some((project) => project.id === what.project.id);
  if (!known) return [...projects, what.project];
  return projects.map((project) => (project.id === what.project.id ? what.project : project));
}

export class HubStore extends Store<HubState> {
  #seq = 0;
  #nextKey = 1;

  constructor(
    readonly host: Host,
    private readonly notify: (notice: Notice) => void,
  ) {
    super(EMPTY);
  }

  /** Follows the Hub until the returned function is called. */
  open(): Stop {
    return this.host.subscribe((update) => {
      const next = fold(this.get(), this.#seq, update);
      this.#seq = next.seq;
      this.set(next.state);
    });
  }

  project(id: string): ProjectView | undefined {
    return this.get().projects.find((project) => project.id === id);
  }

  /** Registers folders, each on its own: one that is refused does not hold up the others. */
  async add(paths: readonly string[]): Promise<void> {
    const adding = paths.map((path) => ({ key: this.#nextKey++, path, name: folderName(path), error: null }));
    this.patch({ adding: [...this.get().adding, ...adding] });
    await Promise.all(adding.map((entry) => this.#register(entry)));
  }

  dismiss(key: number): void {
    this.patch({ adding: this.get().adding.filter((entry) => entry.key !== key) });
  }

  start(project: string): Promise<boolean> {
    return this.#act(project, "start", () => this.host.rpc("start", { project }));
  }

  stop(project: string): Promise<boolean> {
    return this.#act(project, "stop", () => this.host.rpc("stop", { project }));
  }

  restart(project: string, service?: Service): Promise<boolean> {
    const key = service ? `${project}/${service}` : project;
    return this.#act(key, "restart", () => this.host.rpc("restart", service ? { project, service } : { project }));
  }

  /** Removes a project. It is gone also where some of its data could not be deleted; that is told. */
  remove(project: string): Promise<boolean> {
    return this.#act(project, "remove", async () => {
      const { left } = await this.host.rpc("remove", { project });
      for (const error of left) this.notify({ kind: "failed", error });
    });
  }

  /** Takes a free port in place of a held one and starts again. */
  async usePort(project: string, service: Service, port: number): Promise<boolean> {
    return this.#act(project, "start", async () => {
      await this.host.rpc("set", { project, ports: { [service]: port } });
      await this.host.rpc("start", { project });
    });
  }

  /** Carries out an action once; a second press while it is under way does nothing. Resolves to whether it was done. */
  async #act(key: string, action: Action, carryOut: () => Promise<unknown>): Promise<boolean> {
    if (this.get().busy.get(key) === action) return false;
    this.#setBusy(key, action);
    try {
      await carryOut();
      return true;
    } catch (thrown) {
      this.notify({ kind: "failed", error: toHubError(thrown).wire });
      return false;
    } finally {
      this.#setBusy(key, undefined);
    }
  }

  #setBusy(key: string, action: Action | undefined): void {
    const busy = new Map(this.get().busy);
    if (action) busy.set(key, action);
    else busy.delete(key);
    this.patch({ busy });
  }

  async #register(entry: Adding): Promise<void> {
    try {
      const project = await this.host.rpc("add", { path: entry.path });
      // The answer may arrive before the event does; the row must not blink out in between.
      const known = this.project(project.id) !== undefined;
      this.patch({
        adding: this.get().adding.filter(({ key }) => key !== entry.key),
        ...(known ? {} : { projects: [...this.get().projects, project] }),
      });
    } catch (thrown) {
      const error = toHubError(thrown).wire;
      if (error.code === "PATH_ALREADY_REGISTERED" && error.project) {
        this.dismiss(entry.key);
        this.notify({ kind: "already_registered", project: error.project });
        return;
      }
      const failed = this.get().adding.map((other) => (other.key === entry.key ? { ...other, error } : other));
      this.patch({ adding: failed });
    }
  }
}
