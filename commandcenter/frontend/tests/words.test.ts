/*
 * Figures and times in words.
 */
import { expect, test } from "vitest";
import { ago, count, size } from "../src/words";

test("figures have units and count right", () => {
  const at = "2026-01-01T00:00:00Z";
  expect([size(0), size(999), size(1500), size(123_456_789)]).toEqual(["0 B", "999 B", "1.5 kB", "123 MB"]);
  expect([count(1, "file"), count(2000, "file")]).toEqual(["1 file", "2,000 files"]);
  expect(ago(at, Date.parse(at) + 61_000)).toBe("1 min ago");
});
