/*
 * One way to the backend: every request carries the token; every failure becomes an ApiError with the backend's own
 * code and words, also when nothing answers. Knows no endpoint.
 */
import type { WorkbenchConfig } from "../config";

/** A request that takes longer is given up, in milliseconds. */
const PATIENCE = 20_000;

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly detail: unknown = null,
  ) {
    super(message);
  }

  /** Asking again later may help: the backend or its database is not there right now. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 503;
  }
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface RequestOptions {
  /** Query parameters; those that are null or undefined are left out. */
  query?: Query | undefined;
  body?: unknown;
  /** Calls the request off, e.g. when a newer one takes its place. */
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

export class Transport {
  constructor(private readonly config: Pick<WorkbenchConfig, "apiBaseUrl" | "token">) {}

  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.send(method, path, options);
    return (await response.json()) as T;
  }

  /** Asks with bounded patience. */
  send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const patience = AbortSignal.timeout(PATIENCE);
    const signal = options.signal ? AbortSignal.any([options.signal, patience]) : patience;
    return this.open(method, path, { ...options, signal });
  }

  /** Asks for an answer that may go on for ever. */
  async open(method: string, path: string, { query, body, signal, headers }: RequestOptions): Promise<Response> {
    const init: RequestInit = {
      method,
      cache: "no-store",
      headers: {
        ...headers,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        Authorization: `Bearer ${this.config.token}`,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    };
    let response: Response;
    try {
      response = await fetch(this.config.apiBaseUrl + path + queryText(query), init);
    } catch (cause) {
      if (signal?.aborted && (signal.reason as { name?: string } | null)?.name !== "TimeoutError") throw cause;
      throw new ApiError("UNREACHABLE", "The backend does not answer. It may be restarting.", 0, cause);
    }
    if (response.ok) return response;
    throw await toError(response);
  }
}

function queryText(query: Query = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) given.set(name, String(value));
  }
  const text = given.toString();
  return text ? `?${text}` : "";
}

async function toError(response: Response): Promise<ApiError> {
  const said = (await response.json().catch(() => null)) as {
    code?: string;
    message?: string;
    detail?: unknown;
  } | null;
  const message = said?.message ?? `The backend answered with status ${response.status}.`;
  return new ApiError(said?.code ?? "UNKNOWN", message, response.status, said?.detail ?? null);
}
