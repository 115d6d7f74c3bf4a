/*
 * The fields of an editor over a stored text: every change is kept as a draft at once, and dropped when it is stored.
 */
import { useState } from "react";
import type { Drafts } from "../models/drafts";
import { begin, follow, isChanged, overtakenBy, type StoredText, type TypedText } from "../models/typed";

/** Mount anew (by key) for another text. */
export function useTyped(drafts: Drafts, id: string, stored: StoredText | null) {
  const [typed, setTyped] = useState<TypedText>(() => begin(stored, drafts.read(id)));
  const [keeps, setKeeps] = useState(true);
  const current = follow(typed, stored);
  const set = (change: Partial<Pick<TypedText, "title" | "body">>) => {
    const next = { ...current, ...change };
    setTyped(next);
    if (!isChanged(next)) drafts.drop(id);
    else {
      const { title, body, base } = next;
      setKeeps(drafts.keep(id, { title, body, version: base?.version ?? null, at: Date.now() }));
    }
  };
  return {
    ...current,
    changed: isChanged(current),
    newer: overtakenBy(current, stored),
    /** False when this browser keeps no drafts: then leaving the page loses what was typed. */
    keeps,
    set,
    /** What was typed is stored now, as this version; what was typed since then stays typed. */
    saved: (as: StoredText, sent: Pick<TypedText, "title" | "body">) => {
      const { title, body } = current;
      if (title === sent.title && body === sent.body) {
        drafts.drop(id);
        setTyped(begin(as, null));
      } else {
        drafts.keep(id, { title, body, version: as.version, at: Date.now() });
        setTyped({ title, body, base: as, restored: null });
      }
    },
    /** Goes back to what is stored. */
    discard: () => {
      drafts.drop(id);
      setTyped(begin(stored, null));
    },
  };
}

export type Typed = ReturnType<typeof useTyped>;
