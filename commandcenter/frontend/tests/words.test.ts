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

test("a moment long ago is told in months and years", () => {
  const at = "2020-01-01T00:00:00Z";
  const after = (days: number) => ago(at, Date.parse(at) + days * 86_400_000);
  expect([after(1), after(59)]).toEqual(["1 d ago", "59 d ago"]);
  expect([after(61), after(364), after(700)]).toEqual(["2 mo ago", "11 mo ago", "22 mo ago"]);
  expect([after(731), after(1521)]).toEqual(["2 y ago", "4 y ago"]);
});
