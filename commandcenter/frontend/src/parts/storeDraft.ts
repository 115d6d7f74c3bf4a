/*
 * Storing a draft over what is stored, by whomever. What was changed elsewhere in other fields meanwhile stays as it is
 * there; what would be covered unseen is not sent again.
 */
import { ApiError } from "../api/transport";
import type { Drafts } from "../models/drafts";
import { isOvertaken, type Draft, type Stored, type Text } from "../models/typed";

export interface Storing<F extends Text> {
  drafts: Drafts<F>;
  id: string;
  /** What is stored, as far as this page knows. */
  known: () => Promise<Stored<F>>;
  /** The same, asked anew; null where nothing is. */
  newest: () => Promise<Stored<F> | null>;
  /** Sends what the draft changes. */
  send: (stored: Stored<F>, draft: Draft<F>) => Promise<void>;
}

/** Stores what is typed by now. Refused where it would cover unseen what somebody else stored. */
export async function storeDraft<F extends Text>({ drafts, id, known, newest, send }: Storing<F>): Promise<void> {
  for (;;) {
    const draft = drafts.read(id);
    // A save that was asked before this one had it all.
    if (draft === null) return;
    const before = await known();
    try {
      await send(before, draft);
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      const newer = await newest();
      if (!newer || newer.version <= before.version || isOvertaken(newer, drafts.read(id))) throw error;
    }
  }
}
