/*
 * Where things are in this checkout. Everything that the scripts make lies in the target folder, which Cargo may have
 * been told to put elsewhere.
 */
import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Cargo's output folder, and ours. */
export const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");

/** One file of the checkout. */
export const at = (...parts) => join(root, ...parts);

/** Cargo's profile: `CCHUB_PROFILE`, else what the caller prefers. */
export function profile(preferred) {
  const wish = process.env.CCHUB_PROFILE ?? preferred;
  if (wish !== "dev" && wish !== "release") {
    throw new Error(`CCHUB_PROFILE is "${wish}"; it can be dev or release.`);
  }
  return wish;
}

/** A program that Cargo built with the profile. */
export function built(name, ofProfile) {
  const folder = ofProfile === "release" ? "release" : "debug";
  return join(target, folder, process.platform === "win32" ? `${name}.exe` : name);
}

/** The first program of that name on the PATH, or undefined. */
export function onPath(name) {
  const names = process.platform === "win32" ? [`${name}.exe`, `${name}.cmd`] : [name];
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .flatMap((folder) => names.map((n) => join(folder, n)))
    .find((path) => existsSync(path));
}
