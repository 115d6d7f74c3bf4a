/*
 * What an event says to its reader, and where it leads. Total: an event of a kind that this page does not know yet is
 * shown by its name, and data of another shape than expected is passed over, never shown raw.
 */
import { fileId } from "../api/ids";
import { count } from "../words";
import type { StreamEntry } from "./activity";

/** A file that an event names. */
export interface NamedFile {
  path: string;
  id: string | null;
  change: string | null;
}

export type Destination =
  { to: "note"; id: string } | { to: "task"; id: string } | { to: "overview" } | { to: "search" };

export interface EventWords {
  /** What happened. */
  title: string;
  /** What it was about; may be empty. */
  about: string;
  files: NamedFile[];
  /** So many more files it was about, which it does not name. */
  unnamed: number;
  destination: Destination | null;
  /** Whether it needs the reader: drawn with a mark. */
  tone: "plain" | "good" | "bad";
}

const PLAIN: EventWords = { title: "", about: "", files: [], unnamed: 0, destination: null, tone: "plain" };

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

const NOTE = { created: "Note written", updated: "Note changed", deleted: "Note deleted" } as const;
const TASK = {
  created: "Task added",
  updated: "Task changed",
  moved: "Task moved",
  deleted: "Task deleted",
} as const;
const COLUMN_WORDS: Readonly<Record<string, string>> = { todo: "to do", doing: "doing", done: "done" };
const SERVICE_WORDS: Readonly<Record<string, string>> = { postgres: "PostgreSQL", redis: "Redis", git: "git" };

/** An event in words. */
export function eventWords({ type, data }: Pick<StreamEntry, "type" | "data">): EventWords {
  const [family = "", act = ""] = type.split(".");
  switch (family) {
    case "note":
      return record("note", NOTE[act as keyof typeof NOTE], act, data);
    case "task": {
      const words = record("task", TASK[act as keyof typeof TASK], act, data);
      const column = COLUMN_WORDS[text(data.column)];
      return act === "moved" && column ? { ...words, title: `Task moved to ${column}` } : words;
    }
    case "index":
      return indexWords(act, data);
    case "service":
      return serviceWords(act, text(data.service));
    default:
      return otherWords(type, data);
  }
}

function record(to: "note" | "task", title: string | undefined, act: string, data: StreamEntry["data"]): EventWords {
  const id = text(data.id);
  return {
    ...PLAIN,
    title: title ?? `${to === "note" ? "Note" : "Task"} ${act}`,
    about: text(data.title),
    destination: id && act !== "deleted" ? { to, id } : null,
  };
}

function indexWords(act: string, data: StreamEntry["data"]): EventWords {
  const [done, total] = [number(data.done), number(data.total)];
  const far = done !== null && total ? `${count(done, "file")} of ${total.toLocaleString("en")}` : "";
  const words = { ...PLAIN, destination: { to: "search" } as const };
  switch (act) {
    case "started":
      return { ...words, title: "Reading the folder for search" };
    case "progress":
      return { ...words, title: "Still reading for search", about: far };
    case "finished": {
      const files = number(data.files) ?? done;
      return {
        ...words,
        title: "Search is up to date",
        about: files === null ? "" : count(files, "file"),
        tone: "good",
      };
    }
    default:
      return {
        ...words,
        title: "Reading for search failed",
        about: text(data.error) || text(data.message),
        tone: "bad",
      };
  }
}

function serviceWords(act: string, service: string): EventWords {
  const name = SERVICE_WORDS[service] ?? (service || "A service");
  return act === "back"
    ? { ...PLAIN, title: `${name} answers again`, tone: "good" }
    : { ...PLAIN, title: `${name} stopped answering`, tone: "bad" };
}

function otherWords(type: string, data: StreamEntry["data"]): EventWords {
  switch (type) {
    case "files.changed": {
      const files = namedFiles(data.paths);
      const total = number(data.total) ?? files.length;
      const title = total === 1 ? `File ${files[0]?.change ?? "changed"}` : `${count(total, "file")} changed`;
      return {
        ...PLAIN,
        title,
        about: files.map((file) => file.path).join(", "),
        files,
        unnamed: Math.max(0, total - files.length),
      };
    }
    case "overview.refreshed": {
      const files = number(data.files);
      return {
        ...PLAIN,
        title: "Folder looked through",
        about: files === null ? "" : count(files, "file"),
        destination: { to: "overview" },
      };
    }
    case "commit.seen":
      return {
        ...PLAIN,
        title: `Commit ${text(data.sha).slice(0, 8)}`.trim(),
        about: [text(data.subject), text(data.author)].filter(Boolean).join(" · "),
        destination: { to: "overview" },
      };
    case "branch.changed":
      return {
        ...PLAIN,
        title: "Branch changed",
        about: [text(data.from), text(data.to)].filter(Boolean).map(branchWords).join(" → "),
        destination: { to: "overview" },
      };
    case "backend.started":
      return { ...PLAIN, title: "The backend started", tone: "good" };
    case "stream.gap":
      return { ...PLAIN, title: "Some events were lost here", about: "Everything shown was fetched again." };
    default:
      return { ...PLAIN, title: type };
  }
}

/** A branch; or the commit, in short, where there is none. */
function branchWords(name: string): string {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name) ? `detached at ${name.slice(0, 10)}` : name;
}

const CHANGES: Readonly<Record<string, string>> = { added: "added", modified: "changed", deleted: "deleted" };

function namedFiles(paths: unknown): NamedFile[] {
  if (!Array.isArray(paths)) return [];
  return (paths as unknown[]).flatMap((one): NamedFile[] => {
    if (typeof one !== "object" || one === null) return [];
    const { path, id, change } = one as Record<string, unknown>;
    if (typeof path !== "string") return [];
    const word = text(change);
    return [{ path, id: text(id) || idOf(path), change: CHANGES[word] ?? (word || null) }];
  });
}

/** A shown path with a replacement character in it is not the file's name: only the backend knows its id then. */
function idOf(path: string): string | null {
  return path.includes("\ufffd") ? null : fileId(path);
}
