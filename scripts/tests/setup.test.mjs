/*
 * Deciding what is to be done: what counts as installed, as current and as new enough, and how programs are ended.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ask, must, run } from "../setup/child.mjs";
import { isInstalled } from "../setup/pages.mjs";
import { contentHash } from "../setup/stamps.mjs";
import { span } from "../setup/say.mjs";
import { atLeast } from "../setup/toolchain.mjs";

const folder = mkdtempSync(join(tmpdir(), "cchub-setup-"));
after(() => rmSync(folder, { recursive: true }));

test("a hash changes with names and contents, not with times or with what a build leaves behind", () => {
  const source = join(folder, "source");
  mkdirSync(join(source, "deep"), { recursive: true });
  writeFileSync(join(source, "deep/a.ts"), "one");
  const first = contentHash([source]);
  utimesSync(join(source, "deep/a.ts"), 1, 1);
  mkdirSync(join(source, "dist"));
  writeFileSync(join(source, "dist/out.js"), "x");
  assert.equal(contentHash([source]), first);
  writeFileSync(join(source, "deep/b.ts"), "");
  const second = contentHash([source]);
  assert.notEqual(second, first);
  writeFileSync(join(source, "deep/a.ts"), "two");
  assert.notEqual(contentHash([source]), second);
});

test("packages are installed when all that this platform needs are the locked ones", () => {
  const lock = {
    packages: {
      "": {},
      ui: { version: "1.0.0" },
      "node_modules/a": { version: "1.0.0", integrity: "x" },
      "node_modules/other-platform": { version: "1.0.0", integrity: "y", optional: true },
    },
  };
  const a = { version: "1.0.0", integrity: "x" };
  assert.equal(isInstalled(lock, { packages: { "node_modules/a": a } }), true);
  assert.equal(isInstalled(lock, { packages: { "node_modules/a": { ...a, version: "1.0.1" } } }), false);
  assert.equal(isInstalled(lock, { packages: { "node_modules/a": { ...a, integrity: "z" } } }), false);
  assert.equal(isInstalled(lock, { packages: {} }), false);
});

test("versions are compared number by number", () => {
  assert.equal(atLeast("1.100.0", "1.95"), true);
  assert.equal(atLeast("1.63.0", "1.95"), false);
  assert.equal(atLeast("20.0", "20.0.0"), true);
});

test("spans of time are told in words", () => {
  assert.deepEqual([850, 12_440, 185_000].map(span), ["850 ms", "12.4 s", "3 min 05 s"]);
});

test("a program's end, its words and its absence are told apart", async () => {
  const node = process.execPath;
  const { code, stdout, text } = await run([node, "-e", "console.log(1); console.error(2); process.exit(3)"], {
    output: "keep",
  });
  assert.equal(code, 3);
  assert.equal(stdout, "1\n");
  assert.match(text, /2/);
  assert.equal(await ask([join(folder, "absent"), "--version"]), undefined);
  await assert.rejects(
    must([node, "-e", "console.log('the reason'); process.exit(1)"], { output: "keep" }),
    /the reason/,
  );
});

test("a program that takes too long is ended with all it started", async () => {
  const child = `require("node:child_process").spawn("sleep", ["600"], { stdio: "inherit" }); setInterval(() => {}, 1000);`;
  // It returns only when the grandchild, which holds the same pipe, is gone as well.
  const result = await run([process.execPath, "-e", child], { output: "keep", bound: 500 });
  assert.equal(result.late, true);
  assert.notEqual(result.code, 0);
});
