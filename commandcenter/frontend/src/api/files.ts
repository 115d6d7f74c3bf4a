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

export interface FileCommit {
  sha: string;
  short: string;
  author: string;
  email_hash: string | null;
  at: string;
  subject: string;
}

export interface FileHistory {
  commits: FileCommit[];
  more: boolean;
  state: string;
}

export interface DiffLine {
  kind: " " | "+" | "-";
  old: number | null;
  new: number | null;
  text: string;
}

export interface DiffHunk {
  old_start: number;
  old_lines: number;
  new_start: number;
  new_lines: number;
  header: string;
  lines: DiffLine[];
}

export interface FileDiff {
  from: string;
  to: string;
  binary: boolean;
  truncated: boolean;
  hunks: DiffHunk[];
}

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
    diff: (id: string, from: string, to: string, { signal }: Cancel = {}) =>
      transport.json<FileDiff>("GET", "/api/file/diff", { query: { id, from, to }, signal }),
    at: (id: string, rev: string, { signal }: Cancel = {}) =>
      transport.json<FileContent>("GET", "/api/file/at", { query: { id, rev }, signal }),
    /** Notes and tasks that point at a file. */
    links: (id: string, { signal }: Cancel = {}) =>
      transport.json<FileLinks>("GET", "/api/links", { query: { id }, signal }),
  };
}
