/*
 * Which data an event makes old. Queries are named by their first key; see the list. Events come in storms (a checkout,
 * a build), so what they make old is collected for a moment and asked again once.
 */
import type { Query, QueryClient } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { LiveEvents } from "./live";

/** First keys of all queries. The rest of a key says what exactly was asked. */
export type Topic =
  | "project"
  | "overview"
  | "index"
  | "search"
  | "search-files"
  | "files"
  | "file"
  | "file-history"
  | "file-diff"
  | "links"
  | "notes"
  | "tasks"
  | "activity"
  | "peek";

/** Events are collected for so long, in milliseconds. */
const COLLECTED = 250;
/** While they go on and on, it is asked so often, in milliseconds. */
const BETWEEN = 1000;

const FILES: readonly Topic[] = ["files", "file", "file-diff", "search", "search-files", "overview"];
const NOTES: readonly Topic[] = ["notes", "links", "search"];
const TASKS: readonly Topic[] = ["tasks", "links", "search"];
const INDEX: readonly Topic[] = ["index", "search", "search-files"];
const ALL: readonly Topic[] = [
  ...new Set<Topic>([...FILES, ...NOTES, ...TASKS, ...INDEX, "project", "file-history", "activity", "peek"]),
];

/** Data that an event of this type makes old. */
export const AFFECTS: Readonly<Record<string, readonly Topic[]>> = {
  "backend.started": ALL,
  "stream.gap": ALL,
  "service.back": ALL,
  "overview.refreshed": ["overview"],
  "files.changed": FILES,
  "note.created": NOTES,
  "note.updated": NOTES,
  "note.deleted": NOTES,
  "task.created": TASKS,
  "task.updated": TASKS,
  "task.moved": TASKS,
  "task.deleted": TASKS,
  "commit.seen": ["overview", "file-history", "file-diff", "files"],
  "branch.changed": ALL,
  "index.started": ["index"],
  "index.progress": ["index"],
  "index.finished": INDEX,
  "index.failed": ["index"],
};

/** Answers on their way that are asked for once more when they are there. */
type Overtaken = WeakSet<Promise<unknown>>;

/** An answer is on its way. One that failed is asked for anew at once, unless it is the first: that cannot be called off. */
function isReading({ state }: Query): boolean {
  return state.fetchStatus === "fetching" && (state.fetchFailureCount === 0 || state.data === undefined);
}

/**
 * What is being read may be from before the event: it is read once more afterwards. It is not called off, because while
 * events go on and on, whatever is slower than they are would never be there.
 */
function askAfter(queries: QueryClient, topic: Topic, overtaken: Overtaken): void {
  for (const query of queries.getQueryCache().findAll({ queryKey: [topic] })) {
    const reading = isReading(query) ? query.promise : undefined;
    if (!reading || overtaken.has(reading)) continue;
    overtaken.add(reading);
    const again = () => void queries.invalidateQueries({ queryKey: query.queryKey, exact: true, fetchStatus: "idle" });
    reading.then(again, again);
  }
}

/** Asks again for what events made old, until the returned function is called. */
export function keepFresh(live: Pick<LiveEvents, "onEvent">, queries: QueryClient): () => void {
  const old = new Set<Topic>();
  const overtaken: Overtaken = new WeakSet();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  const ask = () => {
    timer = undefined;
    asked = Date.now();
    const topics = [...old];
    old.clear();
    for (const topic of topics) {
      askAfter(queries, topic, overtaken);
      void queries.invalidateQueries({ queryKey: [topic], predicate: (query) => !isReading(query) });
    }
  };
  const close = live.onEvent((event) => {
    for (const topic of AFFECTS[event.type] ?? []) old.add(topic);
    if (old.size > 0) timer ??= setTimeout(ask, Math.max(COLLECTED, asked + BETWEEN - Date.now()));
  });
  return () => {
    close();
    clearTimeout(timer);
  };
}

export function useFreshData(live: LiveEvents): void {
  const queries = useQueryClient();
  useEffect(() => keepFresh(live, queries), [live, queries]);
}
