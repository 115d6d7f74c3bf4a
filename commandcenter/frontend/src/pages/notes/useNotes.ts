/*
 * The notes that are listed: the first ones, and further ones when they are asked for.
 */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FoundNote, NotesApi } from "../../api/notes";

export function useNotes(api: Pick<NotesApi, "list">, searched: string) {
  const found = useInfiniteQuery({
    queryKey: ["notes", "pages", searched],
    queryFn: ({ pageParam, signal }) => api.list(searched, signal, pageParam),
    initialPageParam: 0,
    getNextPageParam: ({ notes, total }, _, offset) =>
      notes.length > 0 && offset + notes.length < total ? offset + notes.length : undefined,
    placeholderData: keepPreviousData,
  });
  const pages = found.data?.pages;
  // A note that is written while pages are read moves others into the next one.
  const notes = useMemo(
    () => [...new Map<string, FoundNote>(pages?.flatMap((page) => page.notes.map((note) => [note.id, note]))).values()],
    [pages],
  );
  return { ...found, notes, total: pages?.at(-1)?.total };
}
