/*
 * What was typed and is not stored yet, kept in this browser, so that neither a backend that is away, nor a reload, nor
 * a closed tab takes it. One entry per text; an entry goes as soon as its text is stored. Kept per project.
 */

/** A text as it stands in the fields. */
export interface Draft {
  title: string;
  body: string;
  /** The version it was made from; null for what is not stored at all yet. */
  version: number | null;
  /** When it was last changed, in milliseconds. */
  at: number;
}

/** Where drafts are kept: the browser's storage, or a map in tests. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export class Drafts {
  readonly #prefix: string;

  constructor(
    project: string,
    kind: "note" | "task",
    private readonly shelf: Shelf = window.localStorage,
  ) {
    this.#prefix = `workbench:${project}:draft:${kind}:`;
  }

  /** The draft of this text, or null. What cannot be read as one counts as none. */
  read(id: string): Draft | null {
    try {
      const kept: unknown = JSON.parse(this.shelf.getItem(this.#prefix + id) ?? "null");
      return isDraft(kept) ? kept : null;
    } catch {
      // A storage that is closed to us, or an entry of another make: there is no draft to offer then.
      return null;
    }
  }

  /** Keeps the draft. False when the browser has no room or keeps nothing: then only the page holds it. */
  keep(id: string, draft: Draft): boolean {
    try {
      this.shelf.setItem(this.#prefix + id, JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  }

  drop(id: string): void {
    try {
      this.shelf.removeItem(this.#prefix + id);
    } catch {
      // What cannot be written to holds nothing of ours.
    }
  }
}

function isDraft(kept: unknown): kept is Draft {
  if (typeof kept !== "object" || kept === null) return false;
  const { title, body, version, at } = kept as Record<string, unknown>;
  return (
    typeof title === "string" &&
    typeof body === "string" &&
    (version === null || typeof version === "number") &&
    typeof at === "number"
  );
}
