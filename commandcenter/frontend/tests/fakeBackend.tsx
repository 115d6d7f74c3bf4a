/*
 * A backend in memory for tests of pages: it numbers versions and refuses old ones as the real one does. What is drawn
 * over it is the whole application, so that addresses, keys and pages work together.
 */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import axe from "axe-core";
import { expect, vi, type Mock } from "vitest";
import { App } from "../src/App";
import type { ActivityPage } from "../src/api/activity";
import { ApiError, type Api } from "../src/api/client";
import { LiveEvents } from "../src/api/live";
import type { FoundNote, Imported, Note, NoteText } from "../src/api/notes";
import type { Git, Overview } from "../src/api/overview";
import type { NewTask, Task, TaskText } from "../src/api/tasks";
import { moved, type Target } from "../src/models/board";

export const AT = "2026-01-01T00:00:00Z";

export function note(change: Partial<Note> = {}): Note {
  const stamps = { created_at: AT, updated_at: AT };
  return {
    id: "n1",
    title: "First",
    body: "Text",
    pinned: false,
    links: [],
    version: 1,
    ...stamps,
    ...change,
  };
}

/** The note as a list has it. */
export const found = (one: Note): FoundNote => ({ ...one, headline: null });

export function task(change: Partial<Task> = {}): Task {
  const empty = { body: "", labels: [], links: [], due: null, done_at: null };
  const stamps = { created_at: AT, updated_at: AT };
  return { id: "t1", title: "Paint", column: "todo", position: 1, version: 1, ...empty, ...stamps, ...change };
}

export const git = (change: Partial<Git> = {}): Git => ({
  state: "ok",
  error: null,
  branch: "main",
  head: "0123456789abcdef",
  upstream: "origin/main",
  ahead: 2,
  behind: 1,
  dirty: [{ path: "a/b.rs", id: "YS9iLnJz", status: "modified" }],
  dirty_total: 1,
  commits: [{ sha: "0123456789abcdef", author: "Ada", at: AT, subject: "Begin" }],
  contributors: [{ name: "Ada", commits: 3 }],
  ...change,
});

export function overview(change: Partial<Overview> = {}): Overview {
  const skipped = { unreadable_folders: 1, vanished: 0, symlinks: 2, special: 0, invalid_names: 0 };
  return {
    state: "fresh",
    progress: null,
    error: null,
    snapshot: {
      at: AT,
      seconds: 0.1,
      files: {
        count: 1234,
        bytes: 5_600_000,
        languages: [{ language: "Rust", files: 10, bytes: 4000 }],
        largest: [{ path: "a/b.rs", id: "YS9iLnJz", bytes: 2000 }],
        skipped,
        truncated: false,
      },
    },
    git: git(),
    readme: { path: "README.md", id: "UkVBRE1FLm1k", text: "# Hello\n<script>alert(1)</script>", truncated: false },
    todos: {
      total: 1,
      items: [{ path: "a/b.rs", id: "YS9iLnJz", line: 12, kind: "HACK", text: "round up" }],
      complete: true,
    },
    ...change,
  };
}

const missing = () => new ApiError("not_found", "It is not here.", 404);
const changed = () => new ApiError("changed", "It was changed meanwhile.", 409);

/** Records that are read and written with versions. */
class Records<T extends { id: string; version: number }> {
  all: T[] = [];

  find(id: string): T {
    const found = this.all.find((one) => one.id === id);
    if (!found) throw missing();
    return found;
  }

  put(id: string, version: number, change: Partial<T>): T {
    const old = this.find(id);
    if (old.version !== version) throw changed();
    const next = { ...old, ...change, version: version + 1 };
    this.all = this.all.map((one) => (one.id === id ? next : one));
    return next;
  }

  remove(id: string, version: number): Response {
    if (this.find(id).version !== version) throw changed();
    this.all = this.all.filter((one) => one.id !== id);
    return new Response();
  }
}

type Peek = Api["peek"];

/** Runs at the call, and gives what happens as a promise. */
const answer = <T,>(make: () => T) => new Promise<T>((resolve) => resolve(make()));

/** Holds back the next answer: the call is carried out when it is let go, or refused. */
export function hold<F extends (...args: never[]) => Promise<unknown>>(
  call: Mock<F>,
  carryOut = call.getMockImplementation() as F | undefined,
) {
  let letGo: () => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  const gate = new Promise<void>((resolve, reject) => {
    letGo = resolve;
    refuse = reject;
  });
  const held = async (...args: Parameters<F>) => {
    await gate;
    return carryOut?.(...args);
  };
  call.mockImplementationOnce(held as unknown as Parameters<typeof call.mockImplementationOnce>[0]);
  return { letGo, refuse };
}

function notesOf(records: Records<Note>, versions: Note[]) {
  const keep = (one: Note) => {
    versions.push(one);
    return one;
  };
  return {
    list: vi.fn<Api["notes"]["list"]>((q) =>
      answer(() => {
        const notes = records.all.filter((one) => `${one.title} ${one.body}`.includes(q)).map(found);
        return { notes, total: notes.length };
      }),
    ),
    get: vi.fn((id: string) => answer(() => records.find(id))),
    create: vi.fn((text: NoteText) =>
      answer(() => {
        const made = keep(note({ id: `n${records.all.length + 1}`, ...text }));
        records.all = [...records.all, made];
        return made;
      }),
    ),
    edit: vi.fn((id: string, version: number, text: NoteText) => answer(() => keep(records.put(id, version, text)))),
    remove: vi.fn((id: string, version: number) => answer(() => records.remove(id, version))),
    history: vi.fn((id: string) =>
      answer(() => versions.filter((one) => one.id === id).map((one) => ({ ...one, at: one.updated_at }))),
    ),
    restore: vi.fn((id: string, version: number) =>
      answer(() => {
        const old = versions.find((one) => one.id === id && one.version === version);
        if (!old) throw missing();
        return keep(records.put(id, records.find(id).version, { title: old.title, body: old.body }));
      }),
    ),
    exported: vi.fn(() => answer(() => records.all.map((one) => `# ${one.title}`).join("\n"))),
    imported: vi.fn<(text: string) => Promise<Imported>>(() =>
      answer(() => ({ notes: 2, tasks: 1, skipped: 1, problems: [] })),
    ),
  };
}

function tasksOf(records: Records<Task>) {
  return {
    list: vi.fn(() => answer(() => records.all)),
    create: vi.fn((text: NewTask) =>
      answer(() => {
        const made = task({ id: `t${records.all.length + 1}`, position: records.all.length + 1, ...text });
        records.all = [...records.all, made];
        return made;
      }),
    ),
    edit: vi.fn((id: string, version: number, text: TaskText) => answer(() => records.put(id, version, text))),
    move: vi.fn((id: string, version: number, target: Target) =>
      answer(() => {
        const after = moved(records.all, id, target).find((one) => one.id === id);
        return records.put(id, version, { column: target.column, position: after?.position ?? 0 });
      }),
    ),
    remove: vi.fn((id: string, version: number) => answer(() => records.remove(id, version))),
    history: vi.fn(() => answer(() => [])),
  };
}

export function fakeBackend() {
  const notes = new Records<Note>();
  const tasks = new Records<Task>();
  const versions: Note[] = [];
  const past: ActivityPage["events"] = [];
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  const never = () => new Promise<never>(() => undefined);
  const api = {
    project: vi.fn(() =>
      answer(() => ({ id: "p", name: "shop", folder: "/home/ann/shop", read_only: true, watch: "events" as const })),
    ),
    overview: { get: vi.fn(() => answer(() => overview())), refresh: vi.fn(() => answer(() => new Response())) },
    notes: notesOf(notes, versions),
    tasks: tasksOf(tasks),
    activity: {
      page: vi.fn<Api["activity"]["page"]>(() => answer(() => ({ events: [...past], more: false }))),
    },
    peek: {
      postgres: vi.fn<Peek["postgres"]>(never),
      rows: vi.fn<Peek["rows"]>(never),
      query: vi.fn<Peek["query"]>(never),
      redis: vi.fn<Peek["redis"]>(never),
      keys: vi.fn<Peek["keys"]>(never),
      value: vi.fn<Peek["value"]>(never),
      connections: vi.fn<Peek["connections"]>(never),
    },
    files: { raw: vi.fn(never) },
    search: {
      index: vi.fn(never),
      findFiles: vi.fn((q: string) =>
        answer(() => ({ files: [{ path: `src/${q}.ts`, id: "c3Jj", language: null, ranges: [] }] })),
      ),
    },
    events: vi.fn<Api["events"]>(() =>
      answer(() => new Response(new ReadableStream({ start: (controller) => void (stream = controller) }))),
    ),
  };
  return {
    api,
    notes,
    tasks,
    versions,
    /** What happened before the page was opened. */
    past,
    /** Something happens now. */
    send: (...entries: ActivityPage["events"]) => {
      const told = entries.map(({ id, ...event }) => `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`);
      stream?.enqueue(new TextEncoder().encode(told.join("")));
    },
  };
}

export type FakeBackend = ReturnType<typeof fakeBackend>;

/** Opens the application at an address. */
export function open({ api }: FakeBackend, page: string) {
  window.location.hash = `/${page}`;
  const config = { apiBaseUrl: "http://127.0.0.1:1", token: "t", projectName: "shop", projectId: "p" };
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const given = api as unknown as Api;
  const live = new LiveEvents(given);
  void live.run();
  return render(
    <QueryClientProvider client={queries}>
      <App api={given} live={live} config={config} />
    </QueryClientProvider>,
  );
}

export async function expectAccessible(element: Element) {
  const { violations } = await axe.run(element, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((one) => `${one.id}: ${one.nodes[0]?.html ?? ""}`)).toEqual([]);
}
