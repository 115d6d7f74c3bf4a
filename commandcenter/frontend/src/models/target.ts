/*
 * "src/app.ts:12" as a file and a line.
 */
export interface FileTarget {
  name: string;
  line: number | null;
}

/** Reads a typed file name with an optional line after a colon. */
export function parseTarget(typed: string): FileTarget {
  const text = typed.trim();
  const found = /^(.*?):(\d{1,9})?$/.exec(text);
  if (!found) return { name: text, line: null };
  const line = Number(found[2] ?? 0);
  return { name: found[1] ?? "", line: line > 0 ? line : null };
}
