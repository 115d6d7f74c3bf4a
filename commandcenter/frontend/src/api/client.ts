/*
 * Asks the backend. Every request carries the token; every failure becomes an ApiError with the backend's own code and
 * words, also when nothing answers.
 */
import type { WorkbenchConfig } from "../config";
import type { components } from "./generated/schema";

type Schemas = components["schemas"];
export type Overview = Schemas["Overview"];
export type Note = Schemas["Note"];
export type NoteList = Schemas["NoteList"];
export type Project = Schemas["Project"];
export type WorkbenchEvent = Schemas["Event"];

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

/** What the pages ask of the backend. */
export type Api = Pick<
  HttpApi,
  "project" | "overview" | "refresh" | "notes" | "createNote" | "editNote" | "deleteNote" | "events"
>;

export class HttpApi {
  constructor(private readonly config: WorkbenchConfig) {}

  project = () => this.#json<Project>("GET", "/api/project");
  overview = () => this.#json<Overview>("GET", "/api/overview");
  refresh = () => this.#send("POST", "/api/overview/refresh");
  notes = (query: string) => this.#json<NoteList>("GET", `/api/notes?${new URLSearchParams({ q: query }).toString()}`);
  createNote = (title: string, body: string) => this.#json<Note>("POST", "/api/notes", { title, body });
  editNote = ({ id, ...edit }: Pick<Note, "id" | "title" | "body" | "version">) =>
    this.#json<Note>("PUT", `/api/notes/${id}`, edit);
  deleteNote = ({ id, version }: Pick<Note, "id" | "version">) =>
    this.#send("DELETE", `/api/notes/${id}?version=${version}`);

  /** Opens the stream of events, after the one with this id. */
  events(last: string | null, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = last === null ? {} : { "Last-Event-ID": last };
    return this.#fetch("/api/events", { headers, signal });
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#send(method, path, body);
    return (await response.json()) as T;
  }

  #send(method: string, path: string, body?: unknown): Promise<Response> {
    const init: RequestInit = { method, signal: AbortSignal.timeout(PATIENCE) };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "Content-Type": "application/json" };
    }
    return this.#fetch(path, init);
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string>), Authorization: `Bearer ${this.config.token}` };
    let response: Response;
    try {
      response = await fetch(this.config.apiBaseUrl + path, { ...init, headers, cache: "no-store" });
    } catch (cause) {
      throw new ApiError("UNREACHABLE", "The backend does not answer. It may be restarting.", 0, cause);
    }
    if (response.ok) return response;
    throw await toError(response);
  }
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
