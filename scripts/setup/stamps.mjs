/*
 * Remembers from which sources something was built. Only contents count, never times: a fresh checkout, a copied folder
 * or a switched branch must neither rebuild what is right nor keep what is wrong.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root, target } from "./places.mjs";

const PASSED_OVER = new Set(["node_modules", "dist", "tests", "__pycache__"]);

/** Hash of the names and contents of files and folders; what is missing counts as missing. */
export function contentHash(paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of filesBelow(path)) {
      const content = createHash("sha256").update(readFileSync(file)).digest("hex");
      hash.update(`${relative(root, file)}\0${content}\n`);
    }
  }
  return hash.digest("hex");
}

function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => !PASSED_OVER.has(name))
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

const stampOf = (name) => join(target, "setup", `${name}.hash`);

/** True when `result` is there and was built from exactly these sources. */
export function isCurrent(name, hash, result) {
  const stamp = stampOf(name);
  return existsSync(result) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
}

/** Remembers that the sources with this hash have been built. */
export function remember(name, hash) {
  const stamp = stampOf(name);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}
