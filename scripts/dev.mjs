/*
 * `npm run dev`: the window with the pages served by Vite, so that edits show at once; Rust is rebuilt when it changes.
 * Ctrl+C ends both.
 */
import { converse } from "./setup/child.mjs";
import { ensurePackages } from "./setup/packages.mjs";
import { ensureNodePackages, ensurePages } from "./setup/pages.mjs";
import { main } from "./setup/say.mjs";
import { ensurePrograms } from "./setup/crates.mjs";
import { TAURI, checkCargo, checkNode } from "./setup/toolchain.mjs";

await main(async () => {
  checkNode();
  await ensurePackages(["programs", "window"], { yes: process.argv.includes("--yes") });
  await checkCargo();
  await ensureNodePackages();
  await ensurePages();
  await ensurePrograms(["cchub", "cchub-guard"], "dev");
  // Starts Vite by its own configuration (`beforeDevCommand`), and loads the pages from there.
  return converse([...TAURI, "dev", "--no-default-features"]);
});
