/*
 * The stream as one list: its history, asked for page by page, and what has arrived since. Newest first. Where more
 * arrives than is kept, the history is asked for again, so that no hole opens between the two.
 */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { ActivityApi } from "../../api/activity";
import type { LiveEvents } from "../../api/live";
import { TYPES, byPlace, folded, kindOf, merged, type Kind, type StreamEntry } from "../../models/activity";
import { eventWords } from "../../models/eventWords";

export interface Shown {
  /** None means all. */
  kinds: readonly Kind[];
  /** Words that an event has to have. */
  words: string;
  /** What notes and tasks are called, by their ids. */
  names: ReadonlyMap<string, string>;
}

export function useActivity(api: ActivityApi, live: LiveEvents, { kinds, words, names }: Shown) {
  const { entries: arrived, dropped, connection } = useSyncExternalStore(live.subscribe, live.getState);
  const types = kinds.flatMap((kind) => TYPES[kind]);
  const history = useInfiniteQuery({
    queryKey: ["activity", ...types],
    queryFn: async ({ pageParam, signal }) => {
      const known = live.getState().entries[0]?.id ?? null;
      return { ...(await api.page(pageParam, types, signal)), known };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.more ? (page.events.at(-1)?.id ?? null) : null),
  });
  const pages = history.data?.pages;
  /** The history goes at least up to this event: it had arrived when it was asked for. */
  const known = pages?.[0]?.known ?? null;
  const hole = pages !== undefined && dropped !== null && (known === null || byPlace(dropped, known) > 0);
  const { refetch, isFetching, isError } = history;
  useEffect(() => {
    if (hole && !isFetching && !isError) void refetch();
  }, [hole, isFetching, isError, refetch]);
  const entries = useMemo(() => {
    const past = (pages ?? []).map((page) => page.events);
    const all = merged<StreamEntry>(...past, arrived);
    const wanted = all.filter((entry) => fits(entry, { kinds, words, names }));
    return folded(wanted);
  }, [pages, arrived, kinds, words, names]);
  return { entries, connection, history };
}

function fits(entry: StreamEntry, { kinds, words, names }: Shown): boolean {
  if (kinds.length > 0 && !kinds.includes(kindOf(entry.type))) return false;
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return true;
  const { title, about } = eventWords(entry);
  const name = typeof entry.data.id === "string" ? (names.get(entry.data.id) ?? "") : "";
  const text = `${title} ${about} ${name}`.toLowerCase();
  return wanted.every((word) => text.includes(word));
}
