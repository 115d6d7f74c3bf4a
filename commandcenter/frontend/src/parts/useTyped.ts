/*
 * The fields of an editor over a stored record: every change is kept as a draft at once, and dropped when it is stored.
 */
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Drafts } from "../models/drafts";
import { isChanged, isOvertaken, shown, type Stored, type Text } from "../models/typed";

/** Mount anew (by key) for another record. */
export function useTyped<F extends Text>(drafts: Drafts<F>, id: string, stored: Stored<F>) {
  const [opened] = useState(() => ({ at: Date.now(), left: drafts.open(id)?.at ?? null }));
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.read(id));
  const changed = isChanged(stored, draft);
  // What is stored in the same words, by whomever, is not to be stored any more.
  const isDone = draft !== null && !changed && stored.version >= draft.version;
  useEffect(() => {
    if (isDone) drafts.done(id);
  }, [isDone, drafts, id]);
  const { keeps } = drafts;
  const isAtRisk = changed && !keeps;
  useEffect(() => {
    if (!isAtRisk) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isAtRisk]);
  return {
    /** What the fields show. */
    values: shown(stored, draft),
    changed,
    /** The changed fields, as they are now. */
    changes: draft?.changes ?? {},
    /** Something else was stored meanwhile in the place of what was changed here. */
    overtaken: isOvertaken(stored, draft),
    /** When the draft that was taken up was left, in milliseconds; null when there was none. */
    restored: draft !== null && draft.begun < opened.at ? opened.left : null,
    /** False when this browser keeps no drafts: then leaving the page loses what was typed. */
    keeps,
    set: (change: Partial<F>) => drafts.change(id, stored, change),
    /** Goes back to what is stored. */
    discard: () => drafts.drop(id),
    /** What was typed may take the place of what was stored meanwhile. */
    insist: () => drafts.insist(id, stored),
  };
}

/** What a notice about the draft needs. */
export type Typed = Pick<ReturnType<typeof useTyped>, "changed" | "restored" | "keeps" | "discard">;
