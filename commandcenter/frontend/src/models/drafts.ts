/*
 * What was typed and is not stored yet, kept in this browser, so that neither a backend that is away, nor a reload, nor
 * a closed tab takes it. One draft per record; it goes as soon as it is stored. Kept per project, and per tab: two tabs
 * that write the same record keep both texts. A record without a draft of its own tab takes up what another tab left.
 */
import { changed, insisted, leftOf, settled, type Draft, type Stored, type Text } from "./typed";

/** Stands for the record that is being written and not stored yet, among the ids of those that are. */
export const NEW = "new";

/** Where drafts are kept: the browser's storage, or a map in tests. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** A draft that another tab left, and was taken up here. */
interface Found {
  key: string;
  text: string;
}

interface Entry<F extends Text> {
  draft: Draft<F>;
  found: Found | null;
}

export class Drafts<F extends Text> {
  readonly #prefix: string;
  readonly #entries = new Map<string, Entry<F>>();
  readonly #listeners = new Set<() => void>();
  /** Of records that were stored while they were written here: what they were called before. */
  readonly #names = new Map<string, string>();
  readonly #sending = new Set<string>();
  #written = 0;
  #keeps = true;

  /** Without a shelf, drafts last as long as the page. */
  constructor(
    project: string,
    kind: "note" | "task",
    private readonly tab: string,
    private readonly shelf: Shelf | null,
  ) {
    this.#prefix = `workbench:${project}:draft:${kind}:`;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** False when this browser keeps no drafts: then only the page holds them. */
  get keeps(): boolean {
    return this.#keeps;
  }

  /** The draft of this record as this page has it, or null. The same object until it changes. */
  read(id: string): Draft<F> | null {
    return this.#entries.get(id)?.draft ?? null;
  }

  /** The same, after a look at what an earlier page or another tab left. */
  open(id: string): Draft<F> | null {
    if (!this.#entries.has(id)) {
      const left = this.#left(id);
      if (left) this.#entries.set(id, left);
    }
    return this.read(id);
  }

  /** The same, without taking it up. */
  peek(id: string): Draft<F> | null {
    return this.read(id) ?? this.#left(id)?.draft ?? null;
  }

  /** Ids of the records that have a draft, here or left by others. */
  ids(): ReadonlySet<string> {
    const ids = new Set(this.#entries.keys());
    for (const key of this.#keys(this.#prefix)) ids.add(key.slice(this.#prefix.length).split("@")[0] ?? "");
    return ids;
  }

  /** The user changes something. */
  change(id: string, stored: Stored<F>, change: Partial<F>): void {
    const draft = changed(stored, this.read(id), change, Date.now());
    this.#put(id, this.#sending.has(id) ? draft : settled(draft));
  }

  /** What is stored now may be replaced: the user has seen it. */
  insist(id: string, stored: Stored<F>): void {
    const draft = this.read(id);
    if (draft) this.#put(id, insisted(stored, draft));
  }

  /** What was sent is stored now as this record; what was typed since then stays, as a draft of it. */
  stored(id: string, sent: Partial<F>, record: Stored<F> & { id: string }): void {
    const draft = this.read(id);
    if (id !== record.id) {
      this.#names.set(record.id, this.nameOf(id));
      this.#written += 1;
      this.#put(id, null);
    }
    if (draft) this.#put(record.id, leftOf(draft, sent, record, Date.now()));
  }

  /** While something is being stored, what is as it was before is a change of what will be stored then. */
  async sending(id: string, send: () => Promise<void>): Promise<void> {
    this.#sending.add(id);
    try {
      await send();
    } finally {
      this.#sending.delete(id);
      const draft = this.read(id);
      if (draft && settled(draft) === null) this.drop(id);
    }
  }

  /** All of this draft is stored, by whomever. */
  done(id: string): void {
    if (!this.#sending.has(id)) this.drop(id);
  }

  drop(id: string): void {
    this.#put(id, null);
  }

  /** Names what is written under this id, also when it gets another one by being stored. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? (id === NEW ? `${NEW} ${this.#written}` : id);
  }

  #put(id: string, draft: Draft<F> | null): void {
    const before = this.#entries.get(id);
    if (draft) {
      this.#entries.set(id, { draft, found: before?.found ?? null });
      this.#keeps = this.#keep(this.#keyOf(id), draft);
    } else if (before) {
      this.#entries.delete(id);
      this.#forget(this.#keyOf(id));
      // The other tab may have gone on with it: that is not ours to drop.
      if (before.found && this.#look(before.found.key) === before.found.text) this.#forget(before.found.key);
    }
    for (const listener of this.#listeners) listener();
  }

  #keyOf(id: string): string {
    return `${this.#prefix}${id}@${this.tab}`;
  }

  /** What is on the shelf for a record: this tab's own, else the newest of the others'. */
  #left(id: string): Entry<F> | null {
    const own = parsed<F>(this.#look(this.#keyOf(id)));
    if (own) return { draft: own, found: null };
    const others = this.#keys(`${this.#prefix}${id}@`).flatMap((key): Entry<F>[] => {
      const text = this.#look(key);
      const draft = parsed<F>(text);
      return draft && text !== null ? [{ draft, found: { key, text } }] : [];
    });
    return others.sort((a, b) => b.draft.at - a.draft.at)[0] ?? null;
  }

  #keys(prefix: string): string[] {
    return this.#tried([], (shelf) =>
      Array.from({ length: shelf.length }, (_, place) => shelf.key(place) ?? "").filter((key) =>
        key.startsWith(prefix),
      ),
    );
  }

  #look(key: string): string | null {
    return this.#tried(null, (shelf) => shelf.getItem(key));
  }

  #keep(key: string, draft: Draft<F>): boolean {
    return this.#tried(false, (shelf) => {
      shelf.setItem(key, JSON.stringify(draft));
      return true;
    });
  }

  #forget(key: string): void {
    this.#tried(undefined, (shelf) => shelf.removeItem(key));
  }

  /** A storage that is full, or closed to us, keeps nothing; the page then has it alone, and says so. */
  #tried<T>(otherwise: T, use: (shelf: Shelf) => T): T {
    if (this.shelf === null) return otherwise;
    try {
      return use(this.shelf);
    } catch {
      return otherwise;
    }
  }
}

/** The draft in an entry; null where there is none, or it is of another make. */
function parsed<F extends Text>(text: string | null): Draft<F> | null {
  try {
    const kept: unknown = JSON.parse(text ?? "null");
    return isDraft(kept) ? (kept as Draft<F>) : null;
  } catch {
    return null;
  }
}

function isDraft(kept: unknown): boolean {
  if (typeof kept !== "object" || kept === null) return false;
  const { changes, base, version, begun, at } = kept as Record<string, unknown>;
  return (
    isRecord(changes) &&
    isRecord(base) &&
    [version, begun, at].every((one) => typeof one === "number") &&
    ["title", "body"].every((name) => ["undefined", "string"].includes(typeof changes[name]))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
