/*
 * `npm run build`: the release programs and the package that installs them (.deb on Linux). They are left below
 * target/release.
 */
import { must } from "./setup/child.mjs";
import { ensurePackages } from "./setup/packages.mjs";
import { ensureNodePackages, ensurePages } from "./setup/pages.mjs";
import { main, step } from "./setup/say.mjs";
import { ensurePrograms } from "./setup/crates.mjs";
import { TAURI, checkCargo, checkNode } from "./setup/toolchain.mjs";

await main(async () => {
  checkNode();
  await ensurePackages(["programs", "window"], { yes: process.argv.includes("--yes") });
  await checkCargo();
  await ensureNodePackages();
  await ensurePages();
  await ensurePrograms(["cchub", "cchub-guard", "cchub-desktop"], "release");
  if (process.platform !== "linux") return;
  await step("Packing the .deb", () => must([...TAURI, "build", "--bundles", "deb"]));
});
