/*
 * A search as the address has it: `#/search?q=…&mode=regex&case=true&path=…&language=…`.
 */
import { SEARCH_MODES, type SearchMode, type SearchQuery } from "../../api/search";
import { hrefTo } from "../../shell/router";

/** Defaults are not written into the address. */
const DEFAULT_MODE: SearchMode = "words";

export function queryOf(params: URLSearchParams): SearchQuery {
  return {
    q: params.get("q") ?? "",
    mode: SEARCH_MODES.find((mode) => mode === params.get("mode")) ?? DEFAULT_MODE,
    matchCase: params.get("case") === "true",
    path: params.get("path") ?? "",
    language: params.get("language") ?? "",
  };
}

export function searchHref({ q, mode, matchCase, path, language }: SearchQuery): string {
  return hrefTo("search", null, { q, mode: mode === DEFAULT_MODE ? null : mode, case: matchCase, path, language });
}

/** There is something to look for. */
export function isAsking({ q, path, language }: SearchQuery): boolean {
  return q.trim() !== "" || path.trim() !== "" || language !== "";
}
