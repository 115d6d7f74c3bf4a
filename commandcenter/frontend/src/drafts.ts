/*
 * What was typed and is not stored yet, by file: kept while the application runs, so that looking elsewhere loses
 * nothing. Closing the page warns as long as there is any.
 */
import type { Text } from "@codemirror/state";
import { useEffect, useSyncExternalStore } from "react";
import type { FileContent } from "./api/files";

export interface Draft {
  /** What was typed. */
  text: Text;
  /** The stored version it was made from. */
  base: Pick<FileContent, "version" | "text" | "path">;
  /** It is being merged with the base, which came from elsewhere. */
  merging: boolean;
}

export class DraftStore {
  #drafts: ReadonlyMap<string, Draft> = new Map();
  #ids: ReadonlySet<string> = new Set();
  readonly #listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get(id: string): Draft | undefined {
    return this.#drafts.get(id);
  }

  /** Ids of files with drafts. */
  ids = (): ReadonlySet<string> => this.#ids;

  put(id: string, draft: Draft): void {
    this.#set(new Map(this.#drafts).set(id, draft));
  }

  remove(id: string): void {
    if (!this.#drafts.has(id)) return;
    const rest = new Map(this.#drafts);
    rest.delete(id);
    this.#set(rest);
  }

  #set(drafts: ReadonlyMap<string, Draft>): void {
    const same = drafts.size === this.#drafts.size && [...drafts.keys()].every((id) => this.#drafts.has(id));
    this.#drafts = drafts;
    if (!same) this.#ids = new Set(drafts.keys());
    for (const listener of this.#listeners) listener();
  }
}

/** The drafts of this page. */
export const drafts = new DraftStore();

export function useDraft(id: string): Draft | undefined {
  return useSyncExternalStore(drafts.subscribe, () => drafts.get(id));
}

/** Ids of files with unsaved changes; warns before the page is closed while there are any. */
export function useUnsaved(): ReadonlySet<string> {
  const ids = useSyncExternalStore(drafts.subscribe, drafts.ids);
  const any = ids.size > 0;
  useEffect(() => {
    if (!any) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [any]);
  return ids;
}
