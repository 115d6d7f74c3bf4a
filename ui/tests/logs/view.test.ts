/*
 * The view against a plain reading of the same lines: what is shown, where it stands, what a search hits.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Service } from "../../src/api";
import { LogBuffer } from "../../src/logs/buffer";
import { compileQuery } from "../../src/logs/find";
import { columnsOf, LogView } from "../../src/logs/view";
import { logLine } from "../sample";

const SERVICES: readonly Service[] = ["postgres", "redis", "backend", "frontend"];

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constantFrom("ERROR boom", "ok", "日本語のログ", "\ttabbed", "error again error"),
);
const line = fc.record({ text, service: fc.constantFrom(...SERVICES) });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ append: fc.array(line, { maxLength: 25 }) }) },
  fc.record({ hide: fc.subarray([...SERVICES]) }),
  fc.record({ wrap: fc.constantFrom(Infinity, 10, 25) }),
  fc.record({ search: fc.constantFrom("", "error", "o"), only: fc.boolean() }),
  fc.record({ clear: fc.boolean() }),
);

describe("LogView", () => {
  test("shows what a plain reading of the lines shows", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const buffer = new LogBuffer({ lines: 40, characters: 100_000 });
        const view = new LogView(buffer);
        let seq = 0;
        let hidden: readonly Service[] = [];
        let wrap = Infinity;
        let query = compileQuery({ text: "", regex: false, matchCase: false });
        let only = false;
        for (const each of steps) {
          if ("append" in each) {
            buffer.append(each.append.map((given) => logLine(++seq, given.text, { service: given.service })));
            view.update();
          } else if ("hide" in each) {
            hidden = each.hide;
            view.hide(new Set(hidden));
          } else if ("wrap" in each) {
            wrap = each.wrap;
            view.wrapAt(wrap);
          } else if ("search" in each) {
            only = each.only;
            query = compileQuery({ text: each.search, regex: false, matchCase: false });
            view.search(query, only);
          } else view.showFrom(each.clear ? buffer.entries.end : 0);
        }

        const wanted: number[] = [];
        for (let at = Math.max(buffer.entries.start, view.clearedUntil); at < buffer.entries.end; at += 1) {
          const entry = buffer.entries.at(at);
          if (!entry || (entry.service && hidden.includes(entry.service))) continue;
          if (only && query.kind === "ready" && !query.test(entry.plain)) continue;
          wanted.push(at);
        }
        const lines = Array.from({ length: view.lines.length }, (_, index) => view.lines.start + index);
        expect(lines.map((at) => view.lines.at(at))).toEqual(wanted);

        let row = 0;
        for (const at of lines) {
          const plain = view.entryAt(at)?.plain ?? "";
          const height = Number.isFinite(wrap) ? Math.max(1, Math.ceil(columnsOf(plain) / wrap)) : 1;
          expect([view.rowOf(at), view.heightOf(at)]).toEqual([row, height]);
          expect(view.lineAtRow(row)).toBe(at);
          expect(view.lineAtRow(row + height - 1)).toBe(at);
          row += height;
        }
        expect(view.rows).toBe(row);

        const hits = lines.filter((at) => query.kind === "ready" && query.test(view.entryAt(at)?.plain ?? ""));
        const found = Array.from({ length: view.hits.length }, (_, index) => view.hits.at(view.hits.start + index));
        expect(found).toEqual(hits);
      }),
      { numRuns: 300 },
    );
  });

  test("tells how many rows went at the top, so that a reader's place can be kept", () => {
    const buffer = new LogBuffer({ lines: 10, characters: 10_000 });
    const view = new LogView(buffer);
    view.wrapAt(5);
    buffer.append(Array.from({ length: 10 }, (_, index) => logLine(index + 1, "x".repeat(12))));
    expect(view.update()).toEqual({ added: 10, rowsDropped: 0 });
    buffer.append([logLine(11, "x"), logLine(12, "x")]);
    expect(view.update()).toEqual({ added: 2, rowsDropped: 6 });
    expect(view.rows).toBe(8 * 3 + 2);
  });

  test.each([
    ["abc", 3],
    ["\t", 8],
    ["ab\tc", 9],
    ["日本", 4],
    ["é", 1],
    ["🚀", 2],
    ["", 0],
  ])("%j takes %d columns", (shown, columns) => {
    expect(columnsOf(shown)).toBe(columns);
  });
});

describe("search", () => {
  const query = (text: string, regex = false, matchCase = false) => compileQuery({ text, regex, matchCase });

  test("a literal search takes every character for itself", () => {
    const matcher = query("a.b(c");
    expect(matcher.kind === "ready" && matcher.ranges("A.B(c axb(c a.b(c")).toEqual([
      [0, 5],
      [12, 17],
    ]);
  });

  test("case counts when asked", () => {
    const matcher = query("Error", false, true);
    expect(matcher.kind === "ready" && matcher.test("error")).toBe(false);
  });

  test("a broken pattern is told, not thrown", () => {
    expect(query("(", true).kind).toBe("invalid");
  });

  test("a pattern that matches nothing everywhere ends", () => {
    const matcher = query("x*", true);
    expect(matcher.kind === "ready" && matcher.ranges("axxb🚀")).toEqual([[1, 3]]);
  });
});
