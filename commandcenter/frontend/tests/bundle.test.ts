/*
 * How much a browser loads before the first screen stands: the built entry, all it imports, and the overview, which is
 * what is shown first; compressed as servers compress. Later pages come when they are opened.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Manifest } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";

/** In bytes, gzipped. */
const FIRST_SCREEN = 250_000;

const folder = mkdtempSync(join(tmpdir(), "cchub-bundle-"));
let manifest: Manifest;

/** The files that a source needs before it can run. */
function neededBy(name: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`the build has no ${name}`);
  if (seen.has(chunk.file)) return seen;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) seen.add(file);
  for (const each of chunk.imports ?? []) neededBy(each, seen);
  return seen;
}

const weight = (files: Iterable<string>) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0);

beforeAll(() => {
  const root = join(import.meta.dirname, "..");
  // A process of its own: the libraries are built for production, which this one does not run in.
  execFileSync("npx", ["vite", "build", "--manifest", "--outDir", folder, "--logLevel", "error"], {
    cwd: root,
    env: { ...process.env, NODE_ENV: "production" },
  });
  manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8")) as Manifest;
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true }));

test("the first screen loads at most 250 kB", () => {
  const first = neededBy("src/pages/overview/Overview.tsx", neededBy("index.html"));
  const bytes = weight(first);
  expect(bytes).toBeGreaterThan(30_000);
  expect(bytes).toBeLessThanOrEqual(FIRST_SCREEN);
});

test("no other page is part of it", () => {
  const first = neededBy("src/pages/overview/Overview.tsx", neededBy("index.html"));
  const later = Object.values(manifest).filter((chunk) => chunk.isDynamicEntry && chunk.src?.startsWith("src/pages/"));
  expect(later.length).toBeGreaterThanOrEqual(6);
  for (const page of later) if (page.src !== "src/pages/overview/Overview.tsx") expect(first).not.toContain(page.file);
});
