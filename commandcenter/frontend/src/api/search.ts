/*
 * Search in the folder's index, the file finder, and how the index stands.
 */
import type { components } from "./generated/schema";
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

type Schemas = components["schemas"];
export type SearchMatch = Schemas["Match"];
export type SearchFile = Schemas["FoundFile"];
export type SearchResult = Schemas["SearchResults"];
export type IndexStatus = Schemas["IndexStatus"];
type FoundPaths = Schemas["FoundPaths"];

/** So many files are asked for at once. */
export const SEARCH_PAGE = 30;

/** Milliseconds after which an answer is what was found by then: of the first one while it is typed, and of others. */
export const PATIENCE = { first: 25, whole: 5000 } as const;

type Cancel = Pick<RequestOptions, "signal">;

export interface FindOptions extends Cancel {
  patience: number;
}

export type SearchApi = ReturnType<typeof searchApi>;

export function searchApi(transport: Transport) {
  return {
    find: ({ q, mode, matchCase, path, language }: SearchQuery, offset: number, { signal, patience }: FindOptions) =>
      transport.json<SearchResult>("GET", "/api/search", {
        query: {
          q,
          mode,
          case: matchCase,
          path: path || null,
          language: language || null,
          limit: SEARCH_PAGE,
          offset,
          patience,
        },
        signal,
      }),
    findFiles: (q: string, { signal }: Cancel = {}) =>
      transport.json<FoundPaths>("GET", "/api/search/files", { query: { q, limit: 30 }, signal }),
    index: ({ signal }: Cancel = {}) => transport.json<IndexStatus>("GET", "/api/index", { signal }),
    rebuild: () => transport.json<IndexStatus>("POST", "/api/index/rebuild"),
  };
}
