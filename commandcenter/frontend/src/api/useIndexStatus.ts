/*
 * How the search index stands. Events tell when it changes; while it is being filled it is asked as well, so that an
 * event that was lost leaves no old state standing.
 */
import { useQuery } from "@tanstack/react-query";
import type { Api } from "./client";
import type { IndexStatus } from "./search";

/** While the index is being filled, it is asked this often, in milliseconds. */
const WHILE_FILLING = 1000;

export function useIndexStatus(api: Pick<Api, "search">): IndexStatus | undefined {
  const index = useQuery({
    queryKey: ["index"],
    queryFn: ({ signal }) => api.search.index({ signal }),
    refetchInterval: ({ state: { data } }) =>
      data?.state === "scanning" || data?.state === "indexing" ? WHILE_FILLING : false,
  });
  return index.data;
}
