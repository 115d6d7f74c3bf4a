/*
 * The commits that changed a file, newest first, page by page.
 */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Api } from "../../../api/client";

export function useHistory(api: Api, id: string) {
  const history = useInfiniteQuery({
    queryKey: ["file-history", id],
    queryFn: ({ pageParam, signal }) => api.files.history(id, pageParam, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.more ? last.commits.at(-1)?.sha : undefined),
  });
  const [first] = history.data?.pages ?? [];
  return {
    ...history,
    commits: history.data?.pages.flatMap((page) => page.commits) ?? [],
    /** Why there is nothing, in words. */
    reason: first?.error ?? null,
  };
}
