/*
 * The Hub inside the desktop window: requests by `rpc`, streams by Tauri channels, folders by the native dialog and by
 * dropping. The only file that knows the shell's command names.
 */
import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWebview } from "@tauri-apps/api/webview";
import type { Command, HubEvent, LogBatch, Params, Reply, Snapshot } from "../api";
import { toHubError } from "./error";
import type { DropEvent, FollowRequest, Host, Stop, Update } from "./types";

/** What the shell sends over a channel of the Hub's state. */
type StateMessage = { snapshot: Snapshot } | { event: HubEvent };

/** The shell's event that asks what is to become of running projects. */
const QUIT_ASKED = "quit-asked";

export class TauriHost implements Host {
  readonly kind = "desktop";
  readonly canPick = true;
  readonly canDrop = true;

  async rpc<C extends Command>(cmd: C, params: Params<C>): Promise<Reply<C>> {
    return this.#invoke<Reply<C>>("rpc", { cmd, params });
  }

  subscribe(onUpdate: (update: Update) => void): Stop {
    const channel = new Channel<StateMessage>();
    channel.onmessage = (message) => {
      if ("snapshot" in message) onUpdate({ kind: "snapshot", snapshot: message.snapshot });
      else onUpdate({ kind: "event", event: message.event });
    };
    return this.#stream("subscribe", { channel }, channel, (reason) =>
      onUpdate({ kind: "lost", reason: toHubError(reason).wire }),
    );
  }

  followLogs(request: FollowRequest, onBatch: (batch: LogBatch) => void): Stop {
    const channel = new Channel<LogBatch>();
    channel.onmessage = onBatch;
    return this.#stream("follow_logs", { ...request, channel }, channel, () => undefined);
  }

  pickFolders(): Promise<readonly string[]> {
    return this.#invoke<readonly string[]>("pick_folders", {});
  }

  onFolderDrop(onDrop: (event: DropEvent) => void): Stop {
    return later(
      getCurrentWebview().onDragDropEvent(({ payload }) => {
        switch (payload.type) {
          case "enter":
          case "drop":
            onDrop({ kind: payload.type, paths: payload.paths });
            return;
          case "over":
          case "leave":
            onDrop({ kind: payload.type });
            return;
        }
      }),
    );
  }

  openExternal(url: string): Promise<void> {
    return this.#invoke("open_external", { url });
  }

  onQuitAsked(onAsked: () => void): Stop {
    return later(listen(QUIT_ASKED, onAsked));
  }

  quit(choice: "leave" | "stop"): Promise<void> {
    return this.#invoke("quit", { choice });
  }

  /** Begins a stream; ending it tells the shell which channel nobody reads any more. */
  #stream(
    command: string,
    args: Record<string, unknown>,
    channel: Channel<never>,
    failed: (reason: unknown) => void,
  ): Stop {
    this.#invoke(command, args).catch(failed);
    return () => {
      channel.onmessage = () => undefined;
      this.#invoke("unsubscribe", { channel: channel.id }).catch(failed);
    };
  }

  async #invoke<T>(command: string, args: Record<string, unknown>): Promise<T> {
    try {
      return await invoke<T>(command, args);
    } catch (thrown) {
      throw toHubError(thrown);
    }
  }
}

/** A listener that is being put up: taking it down waits until it stands. */
function later(listening: Promise<Stop>): Stop {
  let stopped = false;
  void listening.then((end) => {
    if (stopped) end();
  });
  return () => {
    stopped = true;
    void listening.then((end) => end());
  };
}
