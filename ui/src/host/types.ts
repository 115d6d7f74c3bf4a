/*
 * The one seam between the UI and whatever carries it: the desktop shell or a browser page. Nothing outside this folder
 * knows which one it is; it asks for capabilities instead.
 */
import type { LogBatch, Service, Snapshot, HubEvent, Command, Params, Reply, WireError } from "../api";

/** What the stream of the Hub's state delivers. */
export type Update =
  | { kind: "snapshot"; snapshot: Snapshot }
  | { kind: "event"; event: HubEvent }
  | { kind: "lost"; reason: WireError | null };

export type DropEvent =
  | { kind: "enter"; paths: readonly string[] }
  | { kind: "over" }
  | { kind: "leave" }
  | { kind: "drop"; paths: readonly string[] };

export interface FollowRequest {
  project: string;
  /** Empty means all. */
  services: readonly Service[];
  /** Lines to begin with. */
  tail: number;
}

/** Ends what a call began. Safe to call twice. */
export type Stop = () => void;

export interface Host {
  readonly kind: "desktop" | "page";
  /** A native folder dialog can be shown. */
  readonly canPick: boolean;
  /** Folders dropped on the window arrive with their paths. */
  readonly canDrop: boolean;

  /** Sends one request. Fails with a HubError. */
  rpc<C extends Command>(command: C, params: Params<C>): Promise<Reply<C>>;

  /**
   * Delivers a whole snapshot, then changes. When the Hub goes away it says so once, tries again by itself, and begins
   * with a new snapshot.
   */
  subscribe(onUpdate: (update: Update) => void): Stop;

  /** Delivers the last lines of a log and then all that come; reconnects by itself, repeating lines if need be. */
  followLogs(request: FollowRequest, onBatch: (batch: LogBatch) => void): Stop;

  /** Lets the user choose folders; an empty list when they called it off. */
  pickFolders(): Promise<readonly string[]>;

  onFolderDrop(onDrop: (event: DropEvent) => void): Stop;

  /** Opens an address in the user's browser. */
  openExternal(url: string): Promise<void>;

  /** The shell asks what is to become of running projects before it quits. Never called on a page. */
  onQuitAsked(onAsked: () => void): Stop;

  /** Answers it. */
  quit(choice: "leave" | "stop"): Promise<void>;
}
