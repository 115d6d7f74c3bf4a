/*
 * Notes, and the one Markdown text that notes and tasks are exported to and imported from.
 */
import type { components } from "./generated/schema";
import { targets } from "./tasks";
import type { Transport } from "./transport";

type Schemas = components["schemas"];
export type Note = Schemas["Note"];
/** A note in a list, with where a search hit its text. */
export type FoundNote = Schemas["FoundNote"];
export type NoteList = Schemas["NoteList"];
export type NoteVersion = Schemas["NoteVersion"];
export type Imported = Schemas["Imported"];

/** What can be written of a note. */
export type NoteText = Pick<Note, "title" | "body" | "pinned" | "links">;

/** So many notes are listed at once. */
export const NOTES_PAGE = 200;

export function notesApi(transport: Transport) {
  const path = (id: string) => `/api/notes/${encodeURIComponent(id)}`;
  return {
    /** Notes after the first `offset`, as many as are listed at once. */
    list: (q: string, signal?: AbortSignal, offset = 0) =>
      transport.json<NoteList>("GET", "/api/notes", { query: { q, limit: NOTES_PAGE, offset }, signal }),
    get: (id: string) => transport.json<Note>("GET", path(id)),
    create: ({ links, ...note }: NoteText) =>
      transport.json<Note>("POST", "/api/notes", { body: { ...note, links: targets(links) } }),
    edit: (id: string, version: number, { links, ...note }: NoteText) =>
      transport.json<Note>("PUT", path(id), { body: { ...note, links: targets(links), version } }),
    remove: (id: string, version: number) => transport.send("DELETE", path(id), { query: { version } }),
    history: (id: string) => transport.json<NoteVersion[]>("GET", `${path(id)}/history`),
    restore: (id: string, version: number) =>
      transport.json<Note>("POST", `${path(id)}/restore`, { body: { version } }),
    exported: async () => (await transport.send("GET", "/api/notes/export")).text(),
    imported: (text: string) => transport.json<Imported>("POST", "/api/notes/import", { body: { text } }),
  };
}

export type NotesApi = ReturnType<typeof notesApi>;
