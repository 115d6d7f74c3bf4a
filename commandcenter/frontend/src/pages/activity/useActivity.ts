/*
 * The stream as one list: its history, asked for page by page, and what has arrived since. Newest first.
 */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import type { ActivityApi } from "../../api/activity";
import type { LiveEvents } from "../../api/live";
import { TYPES, folded, kindOf, merged, type Kind, type StreamEntry } from "../../models/activity";
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
  const { entries: arrived, connection } = useSyncExternalStore(live.subscribe, live.getState);
  const types = kinds.flatMap((kind) => TYPES[kind]);
  const history = useInfiniteQuery({
    queryKey: ["activity", ...types],
    queryFn: ({ pageParam, signal }) => api.page(pageParam, types, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.more ? (page.events.at(-1)?.id ?? null) : null),
  });
  const pages = history.data?.pages;
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
