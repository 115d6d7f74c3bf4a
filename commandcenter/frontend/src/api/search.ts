/*
 * Search in the folder's index, the file finder, and how the index stands.
 */
import type { RequestOptions, Transport } from "./transport";

export const SEARCH_MODES = ["words", "exact", "regex"] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

export interface SearchQuery {
  q: string;
  mode: SearchMode;
  /** Upper and lower case differ. */
  matchCase: boolean;
  /** A glob the path has to fit, e.g. "src/*.rs". */
  path: string;
  language: string;
}

/** Part of a text, as UTF-16 offsets: [from, to). */
export type Range = [number, number];

export interface SearchMatch {
  line: number;
  column: number;
  text: string;
  ranges: Range[];
  before: string[];
  after: string[];
  /** The line was too long to be sent whole. */
  cut_start?: boolean;
  cut_end?: boolean;
}

export interface SearchFile {
  path: string;
  id: string;
  language: string | null;
  score: number;
  matches: SearchMatch[];
  more_matches: number;
}

export interface IndexStatus {
  state: "idle" | "scanning" | "indexing" | "watching" | "paused" | "failed";
  done: number;
  total: number;
  files: number;
  bytes: number;
  skipped: { binary: number; large: number; unreadable: number; ignored: number };
  languages: { name: string; files: number; bytes: number }[];
  started_at: string | null;
  finished_at: string | null;
  error: string | null;
}

export interface SearchResult {
  took_ms: number;
  total: number;
  total_is_exact: boolean;
  truncated: boolean;
  files: SearchFile[];
  index: IndexStatus;
}

export interface FoundFile {
  path: string;
  id: string;
  language: string | null;
  ranges: Range[];
}

/** So many files are asked for at once. */
export const SEARCH_PAGE = 50;

type Cancel = Pick<RequestOptions, "signal">;

export type SearchApi = ReturnType<typeof searchApi>;

export function searchApi(transport: Transport) {
  return {
    find: ({ q, mode, matchCase, path, language }: SearchQuery, offset: number, { signal }: Cancel = {}) =>
      transport.json<SearchResult>("GET", "/api/search", {
        query: {
          q,
          mode,
          case: matchCase,
          path: path || null,
          language: language || null,
          limit: SEARCH_PAGE,
          offset,
        },
        signal,
      }),
    findFiles: (q: string, { signal }: Cancel = {}) =>
      transport.json<{ files: FoundFile[] }>("GET", "/api/search/files", { query: { q, limit: 30 }, signal }),
    index: ({ signal }: Cancel = {}) => transport.json<IndexStatus>("GET", "/api/index", { signal }),
    rebuild: () => transport.json<IndexStatus>("POST", "/api/index/rebuild"),
  };
}
