/*
 * Compilers that apt cannot bring in a usable version: Node is there (it runs this), Rust must be new enough.
 */
import { readFileSync } from "node:fs";
import { ask } from "./child.mjs";
import { at } from "./places.mjs";
import { Advice } from "./say.mjs";

/**
 * Tauri's own tool, fetched when it is used: only packing and live development need it, and its packages for other
 * platforms come out later than itself, which would break the lock of everything else.
 */
export const TAURI = ["npx", "--yes", "@tauri-apps/cli@2"];

/** True when version `a` is at least version `b`, compared number by number. */
export function atLeast(a, b) {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let i = 0; i < right.length; i += 1) {
    const difference = (left[i] ?? 0) - right[i];
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Node at least 20. */
export function checkNode() {
  if (!atLeast(process.versions.node, "20.0.0")) {
    throw new Advice(`Node.js ${process.versions.node} is too old.`, "Install Node.js 20 or newer.");
  }
}

/** Cargo at least the workspace's `rust-version`. */
export async function checkCargo() {
  const wanted = /^rust-version = "([\d.]+)"/m.exec(readFileSync(at("Cargo.toml"), "utf8"))[1];
  const said = await ask(["cargo", "--version"]);
  const version = /^cargo ([\d.]+)/.exec(said ?? "")?.[1];
  if (version !== undefined && atLeast(version, wanted)) return;
  throw new Advice(
    version === undefined ? "Cargo, the build tool of Rust, is not on the PATH." : `Cargo ${version} is too old.`,
    `The Hub needs Rust ${wanted} or newer, which Debian's own package may not be. Install it with rustup ` +
      `(rustup.rs says how; with rustup there already: \`rustup toolchain install ${wanted}\`), open a new shell, and run this again.`,
  );
}
