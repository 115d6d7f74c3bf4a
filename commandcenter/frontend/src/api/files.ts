/*
 * The folder's files: listing, reading, writing, history.
 */
import type { components } from "./generated/schema";
import type { RequestOptions, Transport } from "./transport";

type Schemas = components["schemas"];
/** One name in a folder. */
export type FileEntry = Schemas["Entry"];
export type Listing = Schemas["Listing"];
export type FileContent = Schemas["File"];
/** Notes and tasks that point at a file. */
export type FileLinks = Schemas["FileLinks"];

export type FileCommit = Schemas["FileCommit"];
export type FileHistory = Schemas["FileHistory"];
export type DiffLine = Schemas["DiffLine"];
export type FileDiff = Schemas["FileDiff"];

type Cancel = Pick<RequestOptions, "signal">;

export type FilesApi = ReturnType<typeof filesApi>;

export function filesApi(transport: Transport) {
  return {
    /** What lies in a folder; the root without an id. */
    list: (id: string | null, showIgnored: boolean, { signal }: Cancel = {}) =>
      transport.json<Listing>("GET", "/api/files", { query: { id, show_ignored: showIgnored }, signal }),
    read: (id: string, { signal }: Cancel = {}) =>
      transport.json<FileContent>("GET", "/api/file", { query: { id }, signal }),
    /** The file's bytes; a page can show them only as an object of its own, because `<img>` sends no token. */
    raw: async (id: string, { signal }: Cancel = {}) => {
      const response = await transport.send("GET", "/api/file/raw", { query: { id }, signal });
      return response.blob();
    },
    save: (id: string, text: string, version: string) =>
      transport.json<FileContent>("PUT", "/api/file", { query: { id }, body: { text, version } }),
    create: (path: string, text: string) => transport.json<FileContent>("POST", "/api/file", { body: { path, text } }),
    history: (id: string, before: string | null, { signal }: Cancel = {}) =>
      transport.json<FileHistory>("GET", "/api/file/history", { query: { id, limit: 50, before }, signal }),
    /** What a commit changed in a file, or what is not committed yet. `fromId` is what the file was called before. */
    diff: (id: string, from: string, to: string, fromId: string | null, { signal }: Cancel = {}) =>
      transport.json<FileDiff>("GET", "/api/file/diff", { query: { id, from, to, from_id: fromId }, signal }),
    at: (id: string, rev: string, { signal }: Cancel = {}) =>
      transport.json<FileContent>("GET", "/api/file/at", { query: { id, rev }, signal }),
    /** Notes and tasks that point at a file. */
    links: (id: string, { signal }: Cancel = {}) =>
      transport.json<FileLinks>("GET", "/api/links", { query: { id }, signal }),
  };
}
