/*
 * What of a file is shown, as the address has it: `#/files/<id>?view=history&commit=…`, `?rev=…`, `?line=12-20`.
 */
import { hrefTo, type Params, type Route } from "../../shell/router";

export const FILE_VIEWS = ["text", "preview", "history"] as const;
export type FileView = (typeof FILE_VIEWS)[number];

export interface FilePlace {
  id: string;
  /** Null where the file's kind decides. */
  view: FileView | null;
  /** "12" or "12-20" */
  lines: string | null;
  /** An older revision of the file. */
  rev: string | null;
  /** Id of what the file was called at that revision, where it was renamed since. */
  was: string | null;
  /** The commit whose change is shown in the history. */
  commit: string | null;
}

export function placeOf({ id, params }: Route): FilePlace | null {
  if (id === null) return null;
  return {
    id,
    view: FILE_VIEWS.find((view) => view === params.get("view")) ?? null,
    lines: params.get("line"),
    rev: params.get("rev"),
    was: params.get("was"),
    commit: params.get("commit"),
  };
}

/** Address of a place in a file. */
export function placeHref(id: string, { view, lines, rev, was, commit }: Partial<Omit<FilePlace, "id">>): string {
  return hrefTo("files", id, { view, rev, was: was === id ? null : was, commit, line: lines } satisfies Params);
}
