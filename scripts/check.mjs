/*
 * `npm run check`: what can be told without running a service: layout, formatting, types, lint. Minutes the first time,
 * seconds afterwards; installs no system package.
 */
import { spawn } from "node:child_process";
import { at } from "./setup/places.mjs";

// The same suites as in `npm test`, by the same runner: a check that passes here passes there.
const suites = ["layout", "scripts", "format", "types", "clippy"];
const child = spawn(process.execPath, [at("scripts/test.mjs"), ...suites, "--no-install"], { stdio: "inherit" });
child.once("close", (code) => {
  process.exitCode = code ?? 1;
});
