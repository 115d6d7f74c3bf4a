/*
 * The buffer keeps the newest lines, in order, once each, within its bounds.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogBuffer } from "../../src/logs/buffer";
import { logLine } from "../sample";

function held(buffer: LogBuffer): number[] {
  const found: number[] = [];
  for (let at = buffer.entries.start; at < buffer.entries.end; at += 1) found.push(buffer.entries.at(at)?.seq ?? -1);
  return found;
}

describe("LogBuffer", () => {
  test("keeps exactly the newest lines that fit, however they arrive", () => {
    const batches = fc.array(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 }), { maxLength: 12 });
    const limits = fc.record({ lines: fc.integer({ min: 1, max: 60 }), characters: fc.integer({ min: 1, max: 900 }) });
    fc.assert(
      fc.property(batches, limits, (lengths, bounds) => {
        const buffer = new LogBuffer(bounds);
        const all: { seq: number; size: number }[] = [];
        for (const batch of lengths) {
          const lines = batch.map((size) => {
            all.push({ seq: all.length + 1, size });
            return logLine(all.length, "x".repeat(size));
          });
          buffer.append(lines);
        }
        const seen = held(buffer);
        expect(seen).toEqual(all.slice(all.length - seen.length).map((line) => line.seq));
        const size = all.slice(all.length - seen.length).reduce((sum, line) => sum + line.size, 0);
        expect(buffer.characters).toBe(size);
        expect(seen.length).toBeLessThanOrEqual(bounds.lines);
        if (seen.length > 1) expect(size).toBeLessThanOrEqual(bounds.characters);
        if (all.length > 0) expect(seen.length).toBeGreaterThan(0);
      }),
    );
  });

  test("a stream that begins anew doubles nothing", () => {
    const buffer = new LogBuffer();
    const lines = [1, 2, 3, 4].map((seq) => logLine(seq, `line ${seq}`));
    buffer.append(lines.slice(0, 3));
    buffer.append(lines);
    expect(held(buffer)).toEqual([1, 2, 3, 4]);
    expect(buffer.lastSeq).toBe(4);
  });

  test("a single line over the limit is held alone", () => {
    const buffer = new LogBuffer({ lines: 10, characters: 100 });
    buffer.append([logLine(1, "short"), logLine(2, "x".repeat(1_000_000))]);
    expect(held(buffer)).toEqual([2]);
    buffer.append([logLine(3, "short")]);
    expect(held(buffer)).toEqual([3]);
  });

  test("a divider stands where it was put and is no line of the log", () => {
    const buffer = new LogBuffer();
    buffer.append([logLine(1, "a")]);
    buffer.divide("3 lines came too fast to show", 5);
    buffer.append([logLine(5, "b")]);
    const streams = [0, 1, 2].map((at) => buffer.entries.at(at)?.stream);
    expect(streams).toEqual(["stdout", "divider", "stdout"]);
  });
});
