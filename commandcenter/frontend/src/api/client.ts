/*
 * What the pages ask of the backend, by topic.
 */
import type { WorkbenchConfig } from "../config";
import { filesApi } from "./files";
import type { components } from "./generated/schema";
import { searchApi } from "./search";
import { Transport } from "./transport";

export { ApiError } from "./transport";

type Schemas = components["schemas"];
export type Overview = Schemas["Overview"];
export type Note = Schemas["Note"];
export type NoteList = Schemas["NoteList"];
export type Project = Schemas["Project"];
export type WorkbenchEvent = Schemas["Event"];

export type Api = ReturnType<typeof createApi>;

export function createApi(config: WorkbenchConfig) {
  const transport = new Transport(config);
  return {
    project: () => transport.json<Project>("GET", "/api/project"),
    overview: () => transport.json<Overview>("GET", "/api/overview"),
    refresh: () => transport.send("POST", "/api/overview/refresh"),
    notes: (query: string) => transport.json<NoteList>("GET", "/api/notes", { query: { q: query } }),
    createNote: (title: string, body: string) => transport.json<Note>("POST", "/api/notes", { body: { title, body } }),
    editNote: ({ id, ...edit }: Pick<Note, "id" | "title" | "body" | "version">) =>
      transport.json<Note>("PUT", `/api/notes/${id}`, { body: edit }),
    deleteNote: ({ id, version }: Pick<Note, "id" | "version">) =>
      transport.send("DELETE", `/api/notes/${id}`, { query: { version } }),
    files: filesApi(transport),
    search: searchApi(transport),
    /** Opens the stream of events, after the one with this id. */
    events: (last: string | null, signal: AbortSignal): Promise<Response> =>
      transport.open("GET", "/api/events", { headers: last === null ? {} : { "Last-Event-ID": last }, signal }),
  };
}
