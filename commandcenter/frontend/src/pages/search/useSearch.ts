/*
 * What is typed, what is asked, and what was found. The address is the query that is asked; what is typed follows it at
 * once and becomes it after a pause. A newer question calls the older one off; until it is answered, or when it cannot
 * be, the last results stay. The first answer comes at once, with what is found by then; where it says that it is not
 * whole, the whole one follows and adds to it.
 */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { ApiError, type Api } from "../../api/client";
import { PATIENCE, SEARCH_PAGE, type SearchFile, type SearchQuery, type SearchResult } from "../../api/search";
import { useRouter, type Route } from "../../shell/router";
import { isAsking, queryOf, searchHref } from "./query";

/** Pause in the typing after which it is asked, in milliseconds. */
const PAUSE = 120;
/** The backend gives no results beyond this one. */
const LAST_OFFSET = 10_000;

export interface SearchState {
  /** As it stands in the fields. */
  draft: SearchQuery;
  change: (change: Partial<SearchQuery>) => void;
  /** Asks at once what stands in the fields. */
  ask: () => void;
  /** There is something to look for. */
  asking: boolean;
  /** The answer to the question is on its way; what is shown answers an older one. */
  pending: boolean;
  error: Error | null;
  retry: () => void;
  result: SearchResult | undefined;
  /** The answer is not whole yet: the rest is on its way. */
  finding: boolean;
  files: readonly SearchFile[];
  /** Asks for the files after those; does nothing when all are there. */
  more: () => void;
}

const NONE: readonly SearchFile[] = [];

export function useSearch(api: Api, route: Route): SearchState {
  const { draft, change, ask } = useDraft(route);
  const query = queryOf(route.params);
  const asking = isAsking(query);
  const found = useInfiniteQuery({
    queryKey: ["search", query],
    queryFn: ({ pageParam, signal }) =>
      api.search.find(query, pageParam, { signal, patience: pageParam === 0 ? PATIENCE.first : PATIENCE.whole }),
    initialPageParam: 0,
    getNextPageParam: (last, _, offset) =>
      last.truncated && offset + SEARCH_PAGE <= LAST_OFFSET ? offset + SEARCH_PAGE : undefined,
    placeholderData: keepPreviousData,
    enabled: asking,
    // A search that was too slow would be so again.
    retry: (failures, error) =>
      error instanceof ApiError && error.isPassing && error.code !== "search_too_slow" && failures < 20,
  });
  const last = useRef(found.data);
  useEffect(() => {
    if (found.data) last.current = found.data;
  }, [found.data]);
  const data = found.data ?? (found.isError ? last.current : undefined);
  const [first] = data?.pages ?? [];
  const partial = asking && !found.isPlaceholderData && first?.unfinished === true;
  const rest = useQuery({
    queryKey: ["search", query, "whole"],
    queryFn: ({ signal }) => api.search.find(query, 0, { signal, patience: PATIENCE.whole }),
    enabled: partial,
  });
  const whole = partial ? rest.data : undefined;
  const pages = useMemo(
    () => (asking && data ? (whole ? completed(data.pages, whole) : data.pages) : undefined),
    [asking, data, whole],
  );
  const lastPage = pages?.at(-1);
  return {
    draft,
    change,
    ask,
    asking,
    pending: searchHref(draft) !== searchHref(query) || (asking && (found.isPlaceholderData || found.isPending)),
    error: asking ? found.error : null,
    retry: () => void found.refetch(),
    result: pages?.[0],
    finding: partial && rest.isFetching,
    files:
      pages === undefined ? NONE : pages.length === 1 ? (pages[0]?.files ?? NONE) : pages.flatMap((page) => page.files),
    more: () => {
      const able = found.hasNextPage && !found.isFetchingNextPage;
      if (able && lastPage?.truncated && !lastPage.unfinished) void found.fetchNextPage();
    },
  };
}

/** The pages with the first one made whole. What is shown already stays where it is; the rest comes after it. */
export function completed(pages: readonly SearchResult[], whole: SearchResult): SearchResult[] {
  const [first, ...others] = pages;
  const byId = new Map(whole.files.map((file) => [file.id, file]));
  const shown = (first?.files ?? []).map((file) => byId.get(file.id) ?? file);
  const known = new Set(shown.map((file) => file.id));
  return [{ ...whole, files: [...shown, ...whole.files.filter((file) => !known.has(file.id))] }, ...others];
}

function useDraft(route: Route): Pick<SearchState, "draft" | "change" | "ask"> {
  const router = useRouter();
  const here = searchHref(queryOf(route.params));
  const [{ draft, seen }, set] = useState({ draft: queryOf(route.params), seen: here });
  // The address was changed elsewhere, e.g. by the back button: the fields follow.
  if (here !== seen) set({ draft: here === searchHref(draft) ? draft : queryOf(route.params), seen: here });
  const wanted = searchHref(draft);
  useEffect(() => {
    if (wanted === here) return;
    const timer = setTimeout(() => router.replace(wanted), PAUSE);
    return () => clearTimeout(timer);
  }, [wanted, here, router]);
  return {
    draft,
    change: (change) => set((now) => ({ ...now, draft: { ...now.draft, ...change } })),
    ask: () => router.replace(wanted),
  };
}
