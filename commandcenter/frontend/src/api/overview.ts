/*
 * What the folder is, as the backend last saw it.
 */
import type { Transport } from "./transport";

export interface LanguageShare {
  language: string;
  files: number;
  bytes: number;
}

export interface FolderFiles {
  count: number;
  bytes: number;
  languages: LanguageShare[];
  largest: { path: string; id?: string; bytes: number }[];
  skipped: {
    unreadable_folders: number;
    vanished: number;
    symlinks: number;
    special: number;
    invalid_names: number;
  };
  truncated: boolean;
}

export interface DirtyFile {
  path: string;
  id: string;
  status: string;
}

export interface Commit {
  id: string;
  author: string;
  at: string;
  subject: string;
}

export interface Git {
  state: "ok" | "none" | "missing_git" | "corrupt" | "empty";
  error: string | null;
  branch: string | null;
  head: string | null;
  upstream: string | null;
  ahead: number;
  behind: number;
  dirty: DirtyFile[];
  dirty_total: number;
  commits: Commit[];
  contributors: { name: string; commits: number }[];
}

export interface Readme {
  path: string;
  id: string;
  text: string;
  truncated?: boolean;
}

export interface Todo {
  path: string;
  id: string;
  line: number;
  kind: string;
  text: string;
}

export interface Snapshot {
  at: string;
  seconds: number;
  files: FolderFiles;
  git: Git;
  readme: Readme | null;
  todos: { total: number; items: Todo[] };
}

export interface Overview {
  state: "scanning" | "fresh" | "failed";
  progress: { files: number; seconds: number } | null;
  snapshot: Snapshot | null;
  error: string | null;
}

export function overviewApi(transport: Transport) {
  return {
    get: () => transport.json<Overview>("GET", "/api/overview"),
    refresh: () => transport.send("POST", "/api/overview/refresh"),
  };
}

export type OverviewApi = ReturnType<typeof overviewApi>;
