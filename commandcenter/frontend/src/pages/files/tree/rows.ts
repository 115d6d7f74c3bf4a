/*
 * The file tree as rows, and where its keys lead. Pure: listings and what is unfolded in, rows out.
 */
import type { FileEntry, Listing } from "../../../api/files";

export interface EntryRow {
  kind: "entry";
  key: string;
  entry: FileEntry;
  /** Counted from 1. */
  level: number;
  /** Null for what cannot be unfolded. */
  expanded: boolean | null;
  /** Place among its siblings, counted from 1, and how many they are. */
  place: number;
  siblings: number;
  parent: string | null;
}

export interface NoteRow {
  kind: "note";
  key: string;
  level: number;
  text: string;
  tone: "plain" | "danger";
}

export type TreeRow = EntryRow | NoteRow;

/** How a folder's listing stands. */
export interface Branch {
  listing: Listing | undefined;
  error: Error | null;
}

/** Id of the folder itself among the branches. */
export const ROOT = "";

/** A folder, or a link to one inside the project. */
export function isFolder(entry: FileEntry): boolean {
  return entry.kind === "dir" || (entry.kind === "link" && entry.target_kind === "dir" && !entry.outside);
}

export function rowsOf(branches: ReadonlyMap<string, Branch>, expanded: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (id: string, level: number) => {
    const branch = branches.get(id);
    const note = (text: string, tone: NoteRow["tone"] = "plain") =>
      rows.push({ kind: "note", key: `${id} note`, level, text, tone });
    if (branch?.listing === undefined) {
      if (branch?.error) note(branch.error.message, "danger");
      else note("Loading");
      return;
    }
    const { entries, truncated } = branch.listing;
    entries.forEach((entry, index) => {
      const unfolded = isFolder(entry) ? expanded.has(entry.id) : null;
      rows.push({
        kind: "entry",
        key: entry.id,
        entry,
        level,
        expanded: unfolded,
        place: index + 1,
        siblings: entries.length,
        parent: id === ROOT ? null : id,
      });
      if (unfolded) add(entry.id, level + 1);
    });
    if (entries.length === 0) note("Empty");
    if (truncated) note(`Only the first ${entries.length.toLocaleString("en")} are listed`);
  };
  add(ROOT, 1);
  return rows;
}

/** What a key means in the tree. */
export type Move =
  | { kind: "focus"; key: string }
  | { kind: "expand"; id: string }
  | { kind: "collapse"; id: string }
  | { kind: "open"; entry: FileEntry };

/** Where a key leads from the row with this key; null when it means nothing here. */
export function moveOf(rows: readonly TreeRow[], active: string | null, key: string): Move | null {
  const entries = rows.filter((row) => row.kind === "entry");
  const at = entries.findIndex((row) => row.key === active);
  const focus = (row: EntryRow | undefined): Move | null => (row ? { kind: "focus", key: row.key } : null);
  const row = entries[at];
  switch (key) {
    case "ArrowDown":
      return focus(entries[at + 1]);
    case "ArrowUp":
      return focus(entries[Math.max(0, at - 1)]);
    case "PageDown":
      return focus(entries[Math.min(entries.length - 1, at + PAGE)]);
    case "PageUp":
      return focus(entries[Math.max(0, at - PAGE)]);
    case "Home":
      return focus(entries[0]);
    case "End":
      return focus(entries.at(-1));
    case "ArrowRight":
      if (!row || row.expanded === null) return null;
      if (!row.expanded) return { kind: "expand", id: row.key };
      return entries[at + 1]?.parent === row.key ? focus(entries[at + 1]) : null;
    case "ArrowLeft":
      if (!row) return null;
      if (row.expanded) return { kind: "collapse", id: row.key };
      return row.parent === null ? null : { kind: "focus", key: row.parent };
    case "Enter":
    case " ":
      if (!row) return null;
      if (row.expanded === null) return { kind: "open", entry: row.entry };
      return { kind: row.expanded ? "collapse" : "expand", id: row.key };
    default:
      return null;
  }
}

const PAGE = 15;

/** The next row whose name begins with what was typed; of one letter, the one after the marked row. */
export function typedTo(rows: readonly TreeRow[], active: string | null, typed: string): string | null {
  const entries = rows.filter((row) => row.kind === "entry");
  const at = entries.findIndex((row) => row.key === active);
  const from = typed.length === 1 ? at + 1 : Math.max(0, at);
  const turned = [...entries.slice(from), ...entries.slice(0, from)];
  return turned.find((row) => row.entry.name.toLowerCase().startsWith(typed.toLowerCase()))?.key ?? null;
}
