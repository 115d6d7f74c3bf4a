/*
 * Choices beside a text (labels, links, a date): what was touched is the user's until it is stored, everything else
 * follows what is stored.
 */
import { useState } from "react";

/** Mount anew (by key) for another record. `version` is the stored record's; 0 for what is not stored yet. */
export function useEdits<T extends object>(stored: T, version: number) {
  const [edits, setEdits] = useState<Partial<T>>({});
  const [since, setSince] = useState(version);
  const changed = Object.keys(edits).length > 0;
  return {
    values: { ...stored, ...edits },
    changed,
    /** The version that the choices were made from. */
    since: changed ? since : version,
    change: (some: Partial<T>) => {
      if (!changed) setSince(version);
      setEdits({ ...edits, ...some });
    },
    reset: () => setEdits({}),
  };
}
