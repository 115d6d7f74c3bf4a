/*
 * The Hub over loopback HTTP, for the page that `cchub serve` hands out. Has no folder dialog and no drop: a browser
 * never tells a page where a folder lies.
 */
import type { Command, LogBatch, Params, Reply, Snapshot, HubEvent } from "../api";
import { localError, toHubError, unreachable } from "./error";
import { keepConnected } from "./retry";
import { readEvents, type ServerEvent } from "./sse";
import type { FollowRequest, Host, Stop, Update } from "./types";

/** A request that takes longer is given up, in milliseconds. Long work reports through events, not by answering late. */
const PATIENCE = 60_000;

export class HttpHost implements Host {
  readonly kind = "page";
  readonly canPick = false;
  readonly canDrop = false;

  /** `base` is the address of the Hub's API, with a trailing slash. */
  constructor(
    private readonly base: string,
    private readonly token: string | null,
  ) {}

  async rpc<C extends Command>(cmd: C, params: Params<C>): Promise<Reply<C>> {
    const response = await this.#fetch("rpc", {
      method: "POST",
      body: JSON.stringify({ cmd, params }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    return (await readJson(response)) as Reply<C>;
  }

  subscribe(onUpdate: (update: Update) => void): Stop {
    const receive = ({ event, data }: ServerEvent) => {
      if (event === "snapshot") onUpdate({ kind: "snapshot", snapshot: JSON.parse(data) as Snapshot });
      else if (event === "event") onUpdate({ kind: "event", event: JSON.parse(data) as HubEvent });
    };
    return keepConnected(
      async (signal, worked) => {
        const response = await this.#fetch("events", { signal });
        worked();
        await readEvents(response, receive);
      },
      (reason) => onUpdate({ kind: "lost", reason: reason === undefined ? null : toHubError(reason).wire }),
    );
  }

  followLogs(request: FollowRequest, onBatch: (batch: LogBatch) => void): Stop {
    const query = new URLSearchParams({ tail: String(request.tail) });
    for (const service of request.services) query.append("service", service);
    const address = `projects/${encodeURIComponent(request.project)}/logs/stream?${query.toString()}`;
    return keepConnected(
      async (signal, worked) => {
        const response = await this.#fetch(address, { signal });
        worked();
        await readEvents(response, ({ data }) => onBatch(JSON.parse(data) as LogBatch));
      },
      () => undefined,
    );
  }

  pickFolders(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  onFolderDrop(): Stop {
    return () => undefined;
  }

  openExternal(url: string): Promise<void> {
    window.open(url, "_blank", "noopener,noreferrer");
    return Promise.resolve();
  }

  onQuitAsked(): Stop {
    return () => undefined;
  }

  quit(): Promise<void> {
    return Promise.resolve();
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    let response: Response;
    try {
      response = await fetch(`${this.base}${path}`, { ...init, headers, cache: "no-store" });
    } catch (cause) {
      throw unreachable(cause);
    }
    if (!response.ok) throw toHubError(await readJson(response));
    return response;
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw localError(
      "INTERNAL",
      `The Hub answered with something that is not JSON (status ${response.status}).`,
      "Check that the address belongs to this Hub and that window and Hub have the same version.",
      cause,
    );
  }
}
