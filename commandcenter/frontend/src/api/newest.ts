/*
 * Puts an answer in the place of what was read before it.
 */
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** A reading that is under way may be older than the answer: it is called off, and asked again. */
export async function putNewest<T>(
  queries: QueryClient,
  queryKey: QueryKey,
  put: (data: T | undefined) => T | undefined,
) {
  const exactly = { queryKey, exact: true };
  const isReading = queries.isFetching(exactly) > 0;
  await queries.cancelQueries(exactly);
  queries.setQueryData<T>(queryKey, put);
  if (isReading) void queries.invalidateQueries(exactly);
}
