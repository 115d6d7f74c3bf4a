/*
 * The stream of events as a page of lines: history and live events merged without doubles, filtered by kind, progress
 * of one run folded into its newest line, and headings by day and hour. Pure.
 */

/** An event with its place in the stream: "milliseconds-number". */
export interface StreamEntry {
  id: string;
  type: string;
  at: string;
  data: Record<string, unknown>;
}

export const KINDS = ["files", "git", "notes", "tasks", "index", "services"] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_WORDS: Readonly<Record<Kind, string>> = {
  files: "Files",
  git: "Git",
  notes: "Notes",
  tasks: "Tasks",
  index: "Search index",
  services: "Services",
};

const FAMILIES: Readonly<Record<string, Kind>> = {
  files: "files",
  overview: "files",
  commit: "git",
  branch: "git",
  note: "notes",
  task: "tasks",
  index: "index",
  service: "services",
  backend: "services",
  stream: "services",
};

/** Event types of each filter, as the history is asked for them. */
export const TYPES: Readonly<Record<Kind, readonly string[]>> = {
  files: ["files.changed", "overview.refreshed"],
  git: ["commit.seen", "branch.changed"],
  notes: ["note.created", "note.updated", "note.deleted"],
  tasks: ["task.created", "task.updated", "task.moved", "task.deleted"],
  index: ["index.started", "index.progress", "index.finished", "index.failed"],
  services: ["backend.started", "service.lost", "service.back", "stream.gap"],
};

/** Which filter an event answers to. What a newer backend may add counts among the services. */
export function kindOf(type: string): Kind {
  return FAMILIES[type.split(".")[0] ?? ""] ?? "services";
}

/** Compares places in the stream. */
export function byPlace(a: string, b: string): number {
  const [aTime = 0, aNumber = 0] = a.split("-").map(Number);
  const [bTime = 0, bNumber = 0] = b.split("-").map(Number);
  return aTime - bTime || aNumber - bNumber;
}

/** Newest first, each once. */
export function merged<T extends StreamEntry>(...lists: readonly (readonly T[])[]): T[] {
  const byId = new Map<string, T>();
  for (const list of lists) for (const entry of list) byId.set(entry.id, entry);
  return [...byId.values()].sort((a, b) => byPlace(b.id, a.id));
}

/**
 * Leaves out what says nothing new: progress of an index run that a newer line has overtaken, and the look at the folder
 * that every change of a file brings with it. Expects newest first.
 */
export function folded<T extends StreamEntry>(entries: readonly T[]): T[] {
  let overtaken = false;
  return entries.filter((entry, at) => {
    if (entry.type === "overview.refreshed") return !follows(entries, at);
    if (!entry.type.startsWith("index.")) return true;
    const keep = entry.type !== "index.progress" || !overtaken;
    // A start ends the run as seen from its end: progress above it belongs to the run before.
    overtaken = entry.type !== "index.started";
    return keep;
  });
}

/** So long after a change the look at the folder that it brings may come, in milliseconds. */
const LOOK_MS = 5000;

/** Whether a look at the folder comes shortly after a change or another look. */
function follows(entries: readonly StreamEntry[], at: number): boolean {
  const time = Date.parse(entries[at]?.at ?? "");
  for (const older of entries.slice(at + 1)) {
    if (time - Date.parse(older.at) > LOOK_MS) return false;
    if (older.type === "files.changed" || older.type === "overview.refreshed") return true;
  }
  return false;
}

export type Line<T> = { line: "heading"; key: string; words: string } | { line: "entry"; key: string; entry: T };

/** Lines of the page, newest first, with a heading where the hour changes. */
export function lines<T extends StreamEntry>(entries: readonly T[], now: number): Line<T>[] {
  const found: Line<T>[] = [];
  let last = "";
  for (const entry of entries) {
    const moment = new Date(entry.at);
    const hour = `${moment.getFullYear()}-${moment.getMonth()}-${moment.getDate()}-${moment.getHours()}`;
    if (hour !== last) found.push({ line: "heading", key: `hour-${hour}`, words: hourWords(moment, now) });
    last = hour;
    found.push({ line: "entry", key: entry.id, entry });
  }
  return found;
}

function hourWords(moment: Date, now: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const hour = `${two(moment.getHours())}:00 to ${two((moment.getHours() + 1) % 24)}:00`;
  const midnight = (of: Date) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
  const days = Math.round((midnight(new Date(now)) - midnight(moment)) / 86_400_000);
  if (days === 0) return `Today, ${hour}`;
  if (days === 1) return `Yesterday, ${hour}`;
  const sameYear = moment.getFullYear() === new Date(now).getFullYear();
  const date = moment.toLocaleDateString("en", {
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  });
  return `${date}, ${hour}`;
}

/** The time of day, to the second, as the user's clock has it. */
export function clock(at: string): string {
  const moment = new Date(at);
  return [moment.getHours(), moment.getMinutes(), moment.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

/** The kinds that an address names ("git,tasks"); none means all. */
export function kindsIn(text: string | null): Kind[] {
  const named = new Set((text ?? "").split(","));
  return KINDS.filter((kind) => named.has(kind));
}
