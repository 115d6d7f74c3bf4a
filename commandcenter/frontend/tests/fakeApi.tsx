/*
 * A backend of the tests' own, and the application on it. Each test says what is different.
 */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import axe from "axe-core";
import { useLayoutEffect, useRef, type ReactNode } from "react";
import { expect, vi } from "vitest";
import { App } from "../src/App";
import { ApiError, type Api } from "../src/api/client";
import type { FileContent, FileEntry, Listing } from "../src/api/files";
import { fileId } from "../src/api/ids";
import type { IndexStatus, SearchFile, SearchResult } from "../src/api/search";
import { LiveEvents, type Entry } from "../src/api/live";

export const INDEX: IndexStatus = {
  state: "watching",
  done: 120,
  total: 120,
  files: 120,
  bytes: 900_000,
  skipped: { binary: 3, large: 1, unreadable: 0, ignored: 40 },
  languages: [{ name: "Rust", files: 80, bytes: 800_000 }],
  started_at: null,
  finished_at: null,
  error: null,
};

export function found(path: string, lines: readonly (readonly [number, string, number, number])[]): SearchFile {
  return {
    path,
    id: fileId(path),
    language: "Rust",
    score: 1,
    more_matches: 0,
    matches: lines.map(([line, text, from, to]) => ({
      line,
      column: from + 1,
      text,
      ranges: [[from, to]],
      before: [],
      after: [],
      cut_start: false,
      cut_end: false,
    })),
  };
}

export function result(files: SearchFile[], change: Partial<SearchResult> = {}): SearchResult {
  return {
    took_ms: 4.2,
    total: files.length,
    total_is_exact: true,
    truncated: false,
    unfinished: false,
    looked_into: files.length,
    candidates: files.length,
    files,
    index: INDEX,
    ...change,
  };
}

export function entry(path: string, change: Partial<FileEntry> = {}): FileEntry {
  return {
    name: path.split("/").at(-1) ?? path,
    path,
    id: fileId(path),
    kind: "file",
    size: 10,
    modified: null,
    language: null,
    ignored: false,
    target: null,
    target_kind: null,
    outside: false,
    error: null,
    ...change,
  };
}

export function listing(path: string, entries: FileEntry[]): Listing {
  return { path, id: fileId(path), entries, truncated: false };
}

export function content(path: string, text: string | null, change: Partial<FileContent> = {}): FileContent {
  return {
    path,
    id: fileId(path),
    name: path.split("/").at(-1) ?? path,
    size: text?.length ?? 0,
    modified: null,
    version: `v:${text ?? ""}`,
    language: null,
    kind: "text",
    encoding: "utf-8",
    encoding_guessed: false,
    newline: "lf",
    text,
    lines: text?.split("\n").length ?? null,
    writable: true,
    read_only_reason: null,
    ...change,
  };
}

/** A folder in memory that refuses saves of old versions, as the real backend does. */
export function memoryFiles(texts: Record<string, string>) {
  const files = new Map(Object.entries(texts).map(([path, text]) => [fileId(path), content(path, text)]));
  const missing = () => new ApiError("file_gone", "This file does not exist any more.", 404);
  const read = (id: string) => {
    const file = files.get(id);
    return file ? Promise.resolve(file) : Promise.reject(missing());
  };
  const write = (path: string, text: string) => {
    const file = content(path, text);
    files.set(file.id, file);
    return file;
  };
  return {
    write,
    remove: (path: string) => files.delete(fileId(path)),
    text: (path: string) => files.get(fileId(path))?.text,
    list: vi.fn((id: string | null) => {
      const folder =
        id === null ? "" : `${[...files.values()].find((f) => parentOf(f.path, id))?.path.split("/")[0] ?? ""}/`;
      const names = new Map<string, FileEntry>();
      for (const { path } of files.values()) {
        if (!path.startsWith(folder)) continue;
        const [name = "", ...rest] = path.slice(folder.length).split("/");
        names.set(name, entry(folder + name, { kind: rest.length > 0 ? "dir" : "file" }));
      }
      return Promise.resolve(listing(folder.slice(0, -1), [...names.values()]));
    }),
    read: vi.fn(read),
    raw: vi.fn(() => Promise.resolve(new Blob(["x"]))),
    save: vi.fn((id: string, text: string, version: string) => {
      const file = files.get(id);
      if (!file) return Promise.reject(missing());
      if (file.version !== version) {
        return Promise.reject(
          new ApiError("file_changed", "The file changed meanwhile.", 409, { version: file.version }),
        );
      }
      return Promise.resolve(write(file.path, text));
    }),
    create: vi.fn((path: string, text: string) =>
      files.has(fileId(path))
        ? Promise.reject(new ApiError("exists", "There is a file of that name.", 409))
        : Promise.resolve(write(path, text)),
    ),
    history: vi.fn(() => Promise.resolve({ commits: [], more: false, state: "ok" })),
    diff: vi.fn(),
    at: vi.fn(),
    links: vi.fn(() => Promise.resolve({ notes: [], tasks: [] })),
  };
}

function parentOf(path: string, id: string): boolean {
  return fileId(path.split("/")[0] ?? "") === id;
}

export function fakeApi(change: Record<string, unknown> = {}) {
  const never = () => new Promise<never>(() => undefined);
  return {
    project: never,
    overview: never,
    refresh: () => Promise.resolve(new Response()),
    notes: never,
    createNote: never,
    editNote: never,
    deleteNote: never,
    events: never,
    files: memoryFiles({}),
    search: {
      find: vi.fn(() => Promise.resolve(result([]))),
      findFiles: vi.fn(() => Promise.resolve({ took_ms: 1, files: [] })),
      index: vi.fn(() => Promise.resolve(INDEX)),
      rebuild: vi.fn(() => Promise.resolve(INDEX)),
    },
    ...change,
  } as unknown as Api;
}

/** Events are told by hand. */
export class ToldEvents extends LiveEvents {
  #hear: (event: Entry) => void = () => undefined;

  constructor() {
    super({ events: () => new Promise<never>(() => undefined) });
  }

  override onEvent(hear: (event: Entry) => void): () => void {
    this.#hear = hear;
    return () => undefined;
  }

  tell(type: string): void {
    this.#hear({ type, at: "", data: {}, id: "1" } as Entry);
  }
}

export function show(api: Api, hash: string, live: LiveEvents = new ToldEvents()) {
  window.location.hash = hash;
  const config = { apiBaseUrl: "http://127.0.0.1:1", token: "t", projectName: "shop", projectId: "p" };
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={queries}>
      <App api={api} live={live} config={config} />
    </QueryClientProvider>,
  );
}

/** Does something once, when what lies in it is there for the first time and the browser has not painted it yet. */
export function BeforePaint({ run, children }: { run: () => void; children: ReactNode }) {
  const done = useRef(false);
  useLayoutEffect(() => {
    if (!done.current) run();
    done.current = true;
  });
  return children;
}

export async function expectAccessible(element: Element): Promise<void> {
  const { violations } = await axe.run(element, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((one) => `${one.id}: ${one.nodes[0]?.html ?? ""}`)).toEqual([]);
}
