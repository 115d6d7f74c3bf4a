/*
 * Measures the contrast of the workbench's own colours, in both themes: code on every ground it stands on.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const css = ["../src/app.css", "../../../ui/kit/src/tokens.css"]
  .map((path) => readFileSync(join(import.meta.dirname, path), "utf8"))
  .join("\n");

function token(name: string, side: 0 | 1): string {
  const value = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\);`).exec(css)?.[side + 1];
  if (!value) throw new Error(`there is no colour pair --${name}`);
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
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ["surface", "code-line", "code-marked", "added-soft", "removed-soft", "added-strong", "removed-strong"];
const CODE = ["keyword", "string", "number", "comment", "function", "type", "property", "tag"].map((n) => `code-${n}`);

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("%s theme", (_, side) => {
  test.each(GROUNDS.flatMap((ground) => ["text", ...CODE].map((text) => [text, ground] as const)))(
    "%s on %s can be read",
    (text, ground) => {
      expect(contrast(token(text, side), token(ground, side))).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(["text-muted", "text"])("%s beside changed lines can be read", (text) => {
    for (const ground of ["added-soft", "removed-soft"]) {
      expect(contrast(token(text, side), token(ground, side))).toBeGreaterThanOrEqual(4.5);
    }
  });
});
