/*
 * Search in all files of the folder, as it is typed. Arrow keys move through the matches while the field keeps the
 * focus, Enter opens the marked one, Ctrl or Cmd with it in a page of its own. While the answer is on its way, Enter
 * waits for it: what is opened answers what is typed.
 */
import { Button } from "@cchub/kit";
import { SearchX } from "lucide-react";
import { useCallback, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { ApiError } from "../../api/client";
import { useIndexStatus } from "../../api/useIndexStatus";
import { EmptyState } from "../../parts/EmptyState";
import { fileHref } from "../../parts/FileLink";
import { Loading } from "../../parts/Loading";
import { PageFrame } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { useNarrow } from "../../parts/screen";
import { useCommands } from "../../shell/commands";
import type { PageProps } from "../../shell/pages";
import { hrefTo, useRouter } from "../../shell/router";
import { Beginning, Summary } from "./Summary";
import { Results } from "./Results";
import { isStop, rowsOf, type Row } from "./rows";
import { searchHref } from "./query";
import { SearchForm } from "./SearchForm";
import { useSearch, type SearchState } from "./useSearch";

/** Failures that are told at a field. */
const AT_FIELD: readonly string[] = ["search_pattern_invalid", "search_path_invalid"];

export function Search({ api, route }: PageProps) {
  const search = useSearch(api, route);
  const { files, more } = search;
  const status = useIndexStatus(api) ?? search.result?.index;
  const narrow = useNarrow();
  const rows = useMemo(() => rowsOf(files, narrow), [files, narrow]);
  const field = useRef<HTMLInputElement>(null);
  const place = usePlace(rows, route.params.toString());
  const { move, open } = useEnter(search, place);
  // Before the browser paints: letters that are typed at once are the question's.
  useLayoutEffect(() => field.current?.focus(), []);
  useCommands([
    {
      id: "search field",
      title: "To the search field",
      group: "Search",
      keys: "/",
      run: () => field.current?.select(),
    },
    {
      id: "next match",
      title: "Next match",
      group: "Search",
      keys: "ArrowDown",
      hidden: true,
      run: () => move(1),
    },
    {
      id: "previous match",
      title: "Previous match",
      group: "Search",
      keys: "ArrowUp",
      hidden: true,
      run: () => move(-1),
    },
    {
      id: "open match",
      title: "Open the match",
      group: "Search",
      keys: "Enter",
      hidden: true,
      run: () => open(false),
    },
    {
      id: "open match apart",
      title: "Open the match in a page of its own",
      group: "Search",
      keys: "Mod+Enter",
      hidden: true,
      run: () => open(true),
    },
  ]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") open(event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  };
  const failure = search.error instanceof ApiError && AT_FIELD.includes(search.error.code) ? null : search.error;
  return (
    <PageFrame title="Search" fill hideTitle>
      <SearchForm
        field={field}
        draft={search.draft}
        onChange={search.change}
        languages={status?.languages ?? []}
        error={search.error}
        onKeyDown={onKeyDown}
      />
      <Summary search={search} status={status} />
      <p className="visually-hidden" role="status">
        {place.spoken}
      </p>
      {failure ? <Trouble title="The search failed" error={failure} onRetry={search.retry} /> : null}
      {!search.asking ? <Beginning status={status} /> : null}
      {search.asking && files.length === 0 && !search.error && (!search.result || search.finding) ? (
        <Loading what="results" lines={8} />
      ) : null}
      {search.result && files.length === 0 && !search.pending && !search.finding && !search.error ? (
        <NothingFound search={search} />
      ) : null}
      {files.length > 0 ? (
        <Results
          rows={rows}
          active={place.active}
          stale={search.pending || search.error !== null}
          offset={place.offset}
          onScroll={place.scrolled}
          onEnd={more}
          alone={search.result?.total === 1}
          // The path itself, not whatever has it as a part: then all lines of the file are listed.
          onMore={(path) => search.change({ path: `/${path}` })}
        />
      ) : null}
    </PageFrame>
  );
}

function NothingFound({ search: { draft, change, result } }: { search: SearchState }) {
  const narrowed = draft.path !== "" || draft.language !== "" || draft.matchCase;
  return (
    <EmptyState
      icon={SearchX}
      title={draft.q === "" ? "No file fits" : result?.unfinished ? "Nothing found yet" : `Nothing has “${draft.q}”`}
      action={
        narrowed ? (
          <Button onClick={() => change({ path: "", language: "", matchCase: false })}>Search everywhere</Button>
        ) : draft.mode === "words" ? (
          <Button onClick={() => change({ mode: "exact" })}>Look for exactly this text</Button>
        ) : null
      }
    >
      {result?.unfinished
        ? "Not every file could be looked into in time. A longer word in the pattern, a path or a language makes it narrower."
        : narrowed
          ? "The search is narrowed to a path, a language or a case."
          : draft.mode === "words"
            ? "Words are whole; only the last one may be unfinished."
            : null}
    </EmptyState>
  );
}

/** Enter and the arrow keys: what is opened is of the question that stands in the fields, once it is answered. */
function useEnter(search: SearchState, { move, open }: Pick<ReturnType<typeof usePlace>, "move" | "open">) {
  const awaited = useRef<{ question: string; apart: boolean } | null>(null);
  const question = searchHref(search.draft);
  const waits = search.pending || (search.finding && search.files.length === 0);
  useLayoutEffect(() => {
    const wish = awaited.current;
    if (wish === null || (waits && wish.question === question)) return;
    awaited.current = null;
    if (wish.question === question && search.error === null) open(wish.apart);
  });
  return {
    move: (by: 1 | -1) => {
      awaited.current = null;
      move(by);
    },
    open: (apart: boolean) => {
      awaited.current = waits ? { question, apart } : null;
      if (waits) search.ask();
      else open(apart);
    },
  };
}

interface Memory {
  active: string | null;
  offset: number;
}

/** Where the user is among the results; found again after the back button. */
function usePlace(rows: readonly Row[], question: string) {
  const router = useRouter();
  const name = `search?${question}`;
  const memory = (router.recall(name) as Memory | undefined) ?? { active: null, offset: 0 };
  const [state, setState] = useState<{ name: string; active: string | null }>({ name, active: memory.active });
  // Of another question, another place.
  const key = state.name === name ? state.active : memory.active;
  const active = key === null ? -1 : rows.findIndex((row) => row.key === key);
  const offset = useRef(memory.offset);
  const scrolled = useCallback(
    (next: number) => {
      offset.current = next;
      router.remember(name, { active: key, offset: next } satisfies Memory);
    },
    [router, name, key],
  );
  const set = (next: string) => {
    setState({ name, active: next });
    router.remember(name, { active: next, offset: offset.current } satisfies Memory);
  };
  const row = rows[active];
  return {
    active,
    offset: memory.offset,
    scrolled,
    move: (by: 1 | -1) => {
      let next = active < 0 && by < 0 ? -1 : active + by;
      while (next >= 0 && next < rows.length && !isStop(rows[next])) next += by;
      const target = rows[next];
      if (target) set(target.key);
    },
    open: (apart: boolean) => {
      const target = row ?? rows.find(isStop);
      if (!target || (target.kind !== "line" && target.kind !== "file")) return;
      const href = target.kind === "line" ? fileHref(target.file.id, target.line) : hrefTo("files", target.file.id);
      if (apart) window.open(href, "_blank", "noopener");
      else {
        set(target.key);
        router.go(href);
      }
    },
    spoken: row?.kind === "line" ? `${row.file.path}, line ${row.line}: ${row.text.trim()}` : "",
  };
}
