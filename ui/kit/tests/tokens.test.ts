/*
 * Measures the contrast of the token pairs that carry text or marks, in both themes.
 *
 * @vitest-environment node
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("../src/tokens.css", import.meta.url), "utf8");

function token(name: string, side: 0 | 1): string {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\);`).exec(css);
  const value = found?.[side + 1];
  if (!value) throw new Error(`tokens.css has no colour pair --${name}`);
  return value;
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

const GROUNDS = ["bg", "surface", "surface-sunken", "surface-hover"];
const TEXTS = ["text", "text-muted", "text-faint", "accent", "danger"];
const STATES = ["stopped", "waiting", "starting", "running", "healthy", "degraded", "failed", "asleep", "unknown"];
const PAIRS: [string, string, number][] = [
  ...GROUNDS.flatMap((ground) => TEXTS.map((text): [string, string, number] => [text, ground, 4.5])),
  ...["bg", "surface", "surface-hover"].flatMap((ground) =>
    STATES.map((state): [string, string, number] => [`state-${state}`, ground, 4.5]),
  ),
  ["on-accent", "accent", 4.5],
  ["on-accent", "accent-hover", 4.5],
  ["on-danger", "danger-fill", 4.5],
  ["on-danger", "danger-fill-hover", 4.5],
  ["accent", "accent-soft", 4.5],
  ["text", "accent-soft", 4.5],
  ["text-muted", "accent-soft", 4.5],
  ["text", "warning-soft", 4.5],
  ["text", "mark", 4.5],
  ["text", "mark-current", 4.5],
  ["line-control", "surface", 3],
  ["line-control", "bg", 3],
];

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("%s theme", (_, side) => {
  test.each(PAIRS)("%s on %s reaches %d", (text, ground, wanted) => {
    expect(contrast(token(text, side), token(ground, side))).toBeGreaterThanOrEqual(wanted);
  });
});
