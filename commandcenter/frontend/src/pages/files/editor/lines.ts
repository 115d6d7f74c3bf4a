/*
 * Lines as the address has them: "12" or "12-20".
 */
export interface LineRange {
  from: number;
  to: number;
}

/** Reads "12" or "12-20"; null for anything else. */
export function parseLines(text: string | null): LineRange | null {
  const found = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text ?? "");
  if (!found) return null;
  const first = Math.max(1, Number(found[1]));
  const last = Math.max(1, Number(found[2] ?? found[1]));
  return { from: Math.min(first, last), to: Math.max(first, last) };
}

export function formatLines({ from, to }: LineRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}
