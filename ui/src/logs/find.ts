/*
 * Finding text in log lines: literal or regular expression, with or without regard to case.
 */
export interface FindQuery {
  text: string;
  regex: boolean;
  matchCase: boolean;
}

export type Matcher =
  | { kind: "none" }
  | { kind: "invalid"; why: string }
  | { kind: "ready"; test: (text: string) => boolean; ranges: (text: string) => [number, number][] };

/** At most so many hits are marked in one line; a pattern that matches everywhere must not freeze the pane. */
const MARKS_PER_LINE = 200;

export function compileQuery(query: FindQuery): Matcher {
  if (query.text === "") return { kind: "none" };
  const source = query.regex ? query.text : query.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, query.matchCase ? "gu" : "giu");
  } catch (cause) {
    return { kind: "invalid", why: cause instanceof Error ? cause.message : String(cause) };
  }
  return {
    kind: "ready",
    test: (text) => {
      pattern.lastIndex = 0;
      return pattern.test(text);
    },
    ranges: (text) => {
      const found: [number, number][] = [];
      pattern.lastIndex = 0;
      for (let hit = pattern.exec(text); hit && found.length < MARKS_PER_LINE; hit = pattern.exec(text)) {
        // By a whole character: from the middle of a pair the pattern would fall back to its start, for ever.
        if (hit[0] === "") pattern.lastIndex += (text.codePointAt(hit.index) ?? 0) > 0xffff ? 2 : 1;
        else found.push([hit.index, hit.index + hit[0].length]);
      }
      return found;
    },
  };
}
