/*
 * Absolute positions survive dropping from the front.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Sliding } from "../../src/logs/sliding";

test("behaves like a list whose positions never change, whatever is pushed and dropped", () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ drop: fc.integer({ min: 0, max: 4000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const sliding = new Sliding<number>();
      let start = 0;
      let end = 0;
      for (const each of steps) {
        if ("push" in each) for (let n = 0; n < each.push; n += 1) sliding.push(end++);
        else {
          start = Math.min(end, start + each.drop);
          sliding.dropUntil(start);
        }
      }
      expect([sliding.start, sliding.end, sliding.length]).toEqual([start, end, end - start]);
      expect(sliding.at(start - 1)).toBeUndefined();
      expect(sliding.at(end)).toBeUndefined();
      for (let at = start; at < end; at += 97) expect(sliding.at(at)).toBe(at);
      const wanted = Math.floor((start + end) / 2);
      expect(sliding.lowerBound((item) => item >= wanted)).toBe(wanted);
    }),
    { numRuns: 60 },
  );
});

test("an empty list finds its end", () => {
  expect(new Sliding<number>().lowerBound(() => true)).toBe(0);
});
