/*
 * A record in the making: what was changed in the fields beside what is stored. Decides what the fields show, when
 * something newer that was stored meanwhile contradicts what was typed, and what is left to store after a save. Pure.
 */

/** The text that every such record has. Title and text are one thing: they are typed, kept and refused together. */
export interface Text {
  title: string;
  body: string;
}

/** A record as it is stored; version 0 for what is not stored at all yet. */
export type Stored<F extends Text> = F & { version: number };

/** What was changed and is not stored yet. */
export interface Draft<F extends Text> {
  /** The changed fields, as they are now. */
  changes: Partial<F>;
  /** The same fields, as they were stored when they were changed. */
  base: Partial<F>;
  /** The version that they were changed in. */
  version: number;
  /** When it was begun, and when it was last changed, in milliseconds. */
  begun: number;
  at: number;
}

/** What the fields show: what was changed, and of everything else what is stored. */
export function shown<F extends Text>(stored: Stored<F>, draft: Draft<F> | null): Stored<F> {
  return { ...stored, ...draft?.changes };
}

/** Whether the fields show something that is not stored. */
export function isChanged<F extends Text>(stored: Stored<F>, draft: Draft<F> | null): boolean {
  return draft !== null && keysOf(draft.changes).some((key) => !isSame(draft.changes[key], stored[key]));
}

/** Whether something else was stored meanwhile in the place of what was changed here. */
export function isOvertaken<F extends Text>(stored: Stored<F>, draft: Draft<F> | null): boolean {
  if (draft === null || stored.version <= draft.version) return false;
  const { changes, base } = draft;
  return keysOf(changes).some((key) => !isSame(stored[key], base[key]) && !isSame(stored[key], changes[key]));
}

/** The version that a save names: of what it would cover unseen the old one, which is then refused. */
export function versionToSend<F extends Text>(stored: Stored<F>, draft: Draft<F>): number {
  return isOvertaken(stored, draft) ? draft.version : Math.max(stored.version, draft.version);
}

/** The draft after the user's next change; what is again as it was stays in it until it is settled. */
export function changed<F extends Text>(
  stored: Stored<F>,
  draft: Draft<F> | null,
  change: Partial<F>,
  now: number,
): Draft<F> {
  const changes = { ...shown(stored, draft), ...change };
  const keys = keysOf(change).flatMap(together);
  return {
    changes: { ...draft?.changes, ...pick(changes, keys) },
    base: { ...pick(stored, keys), ...draft?.base },
    version: draft?.version ?? stored.version,
    begun: draft?.begun ?? now,
    at: now,
  };
}

/** What is left of a draft once `sent` was stored: what was changed since then, made from what is stored now. */
export function leftOf<F extends Text>(
  draft: Draft<F>,
  sent: Partial<F>,
  stored: Stored<F>,
  now: number,
): Draft<F> | null {
  const wasSent = (key: keyof F) => key in sent && isSame(draft.changes[key], sent[key]);
  const keys = keysOf(draft.changes).filter((key) => !together(key).every(wasSent));
  return settled({
    changes: pick(draft.changes, keys),
    base: pick(stored, keys),
    version: stored.version,
    begun: now,
    at: now,
  });
}

/** The draft as the user's answer to what was stored meanwhile: it may take its place. */
export function insisted<F extends Text>(stored: Stored<F>, draft: Draft<F>): Draft<F> | null {
  return settled({ ...draft, base: pick(stored, keysOf(draft.changes)), version: stored.version });
}

/** The draft without what is again as it was; null where nothing else is in it. */
export function settled<F extends Text>(draft: Draft<F>): Draft<F> | null {
  const asItWas = (key: keyof F) => isSame(draft.changes[key], draft.base[key]);
  const keys = keysOf(draft.changes).filter((key) => !together(key).every(asItWas));
  if (keys.length === 0) return null;
  return { ...draft, changes: pick(draft.changes, keys), base: pick(draft.base, keys) };
}

/** The fields that are changed with this one. */
function together<F extends Text>(key: keyof F): (keyof F)[] {
  return key === "title" || key === "body" ? ["title", "body"] : [key];
}

function keysOf<F extends object>(fields: F): (keyof F)[] {
  return Object.keys(fields) as (keyof F)[];
}

function pick<F extends Text>(from: Partial<F>, keys: readonly (keyof F)[]): Partial<F> {
  const picked: Partial<F> = {};
  for (const key of keys) picked[key] = from[key];
  return picked;
}

/** Whether two values, as they are sent, are the same. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame(Reflect.get(one, name), Reflect.get(other, name)));
}
