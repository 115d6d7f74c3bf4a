/*
 * Terminal text becomes what a person reads, with colours beside it.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAnsi } from "../../src/logs/ansi";

const ESC = "\u001b";

describe("parseAnsi", () => {
  test.each([
    ["plain", "hello", "hello", []],
    ["a colour", `${ESC}[31mred${ESC}[0m tail`, "red tail", [[0, 3, "ansi-red"]]],
    ["weight and colour", `${ESC}[1;32mok${ESC}[0m`, "ok", [[0, 2, "ansi-bold ansi-green"]]],
    ["bright", `${ESC}[93mw${ESC}[39m.`, "w.", [[0, 1, "ansi-bright-yellow"]]],
    ["background", `${ESC}[41mx${ESC}[0m`, "x", [[0, 1, "ansi-red-bg"]]],
    ["left open", `a${ESC}[36mb`, "ab", [[1, 2, "ansi-cyan"]]],
    ["cursor movement", `${ESC}[2K${ESC}[1Gdone`, "done", []],
    ["window title", `${ESC}]0;title\u0007text`, "text", []],
    ["overwritten progress", "10 %\r50 %\r100 %", "100 %", []],
    ["carriage return at the end", "line\r", "line", []],
    ["other control characters", "a\u0000b\u0008c", "abc", []],
    ["tabs stay", "a\tb", "a\tb", []],
    ["markup is text", "<b>&amp;</b>", "<b>&amp;</b>", []],
  ])("%s", (_, raw, plain, spans) => {
    const parsed = parseAnsi(raw);
    expect(parsed.plain).toBe(plain);
    expect(parsed.spans.map((span) => [span.start, span.end, span.classes])).toEqual(spans);
  });

  test("colours beyond the sixteen names are given exactly", () => {
    expect(parseAnsi(`${ESC}[38;5;196mx`).spans[0]?.colour).toBe("rgb(255, 0, 0)");
    expect(parseAnsi(`${ESC}[38;5;244mx`).spans[0]?.colour).toBe("rgb(128, 128, 128)");
    expect(parseAnsi(`${ESC}[48;2;1;2;3mx`).spans[0]?.background).toBe("rgb(1, 2, 3)");
  });

  test("whatever comes, spans lie in order inside the text and no escape is left", () => {
    const piece = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(
        `${ESC}[`,
        `${ESC}[0m`,
        `${ESC}[38;5;300m`,
        `${ESC}[38;2m`,
        ESC,
        `${ESC}]`,
        `${ESC}[1;31`,
        "\r",
        "\u009b",
      ),
      fc.integer({ min: 0, max: 110 }).map((code) => `${ESC}[${code}m`),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const { plain, spans } = parseAnsi(pieces.join(""));
        expect(plain).not.toContain(ESC);
        let last = 0;
        for (const span of spans) {
          expect(span.start).toBeGreaterThanOrEqual(last);
          expect(span.end).toBeGreaterThan(span.start);
          last = span.end;
        }
        expect(last).toBeLessThanOrEqual(plain.length);
      }),
      { numRuns: 500 },
    );
  });
});
