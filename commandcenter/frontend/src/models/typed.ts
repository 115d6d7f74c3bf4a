/*
 * A text in the making: what is in the fields beside what is stored, and the draft that holds the difference. Decides
 * when a draft is taken up, when something newer has been stored meanwhile, and what saving sends. Pure.
 */
import type { Draft } from "./drafts";

/** What an editor needs to know of a stored note or task. */
export interface StoredText {
  title: string;
  body: string;
  version: number;
}

export interface TypedText {
  title: string;
  body: string;
  /** What the typing began from; null for what is not stored yet. */
  base: StoredText | null;
  /** When the draft that was taken up was left, in milliseconds; null when there was none. */
  restored: number | null;
}

/** Begins with what is stored, or with the draft where one differs from it. */
export function begin(stored: StoredText | null, draft: Draft | null): TypedText {
  const text = { title: stored?.title ?? "", body: stored?.body ?? "" };
  if (draft === null || (draft.title === text.title && draft.body === text.body)) {
    return { ...text, base: stored, restored: null };
  }
  // A draft of an older version stays bound to it: saving then meets the newer one instead of covering it.
  const base = stored !== null && draft.version !== null ? { ...stored, version: draft.version } : stored;
  return { title: draft.title, body: draft.body, base, restored: draft.at };
}

/** Whether the fields hold something that is not stored. */
export function isChanged({ title, body, base }: TypedText): boolean {
  return title !== (base?.title ?? "") || body !== (base?.body ?? "");
}

/** What is stored now, if that is newer than what the typing began from and differs from what was typed. */
export function overtakenBy(typed: TypedText, stored: StoredText | null): StoredText | null {
  if (stored === null || typed.base === null || stored.version <= typed.base.version) return null;
  return stored;
}

/** Follows what is stored while nothing was typed; leaves typed text alone. */
export function follow(typed: TypedText, stored: StoredText | null): TypedText {
  if (stored === null || isChanged(typed) || overtakenBy(typed, stored) === null) return typed;
  return begin(stored, null);
}
