/*
 * `npm start [-- PATH]`: installs what is missing, builds what changed, and opens the window; where there is no display,
 * serves the same pages on loopback and prints their address. With PATH that folder is registered and started too.
 * Ctrl+C ends everything in order.
 */
import { resolve } from "node:path";
import { start, ended, run } from "./setup/child.mjs";
import { ensurePrograms } from "./setup/crates.mjs";
import { hasDisplay } from "./setup/display.mjs";
import { ensurePackages, ensurePython } from "./setup/packages.mjs";
import { ensureNodePackages, ensurePages } from "./setup/pages.mjs";
import { built, profile } from "./setup/places.mjs";
import { Advice, heading, main, note } from "./setup/say.mjs";
import { checkCargo, checkNode } from "./setup/toolchain.mjs";

/** What was asked for: the folder, seen from where npm was called, and the switches. */
function request(words, from) {
  const switches = words.filter((word) => word.startsWith("--"));
  const paths = words.filter((word) => !word.startsWith("--"));
  const unknown = switches.filter((word) => word !== "--yes" && word !== "--headless");
  if (unknown.length > 0 || paths.length > 1) {
    throw new Advice(
      `"${[...unknown, ...paths.slice(1)].join(" ")}" was not understood.`,
      "npm start -- [--yes] [--headless] [PATH]",
    );
  }
  return {
    yes: switches.includes("--yes"),
    headless: switches.includes("--headless"),
    path: paths[0] === undefined ? undefined : resolve(from, paths[0]),
  };
}

/** Runs a program that lives as long as the user wants, on the user's own terminal. */
async function live(words) {
  const child = start(words, { stdio: "inherit" });
  return ended(child, words[0]);
}

/** Serves without a window; the folder, if there is one, is added and started once the Hub is open. */
async function serve(cchub, path) {
  const child = start([cchub, "serve"], { stdio: ["inherit", "pipe", "inherit"] });
  const hub = ended(child, cchub);
  child.stdout.pipe(process.stdout);
  if (path !== undefined) {
    const opened = new Promise((resolve) => {
      let text = "";
      child.stdout.on("data", (piece) => {
        text += piece;
        if (text.includes("#token=")) resolve(true);
      });
    });
    if (await Promise.race([opened, hub.then(() => false)])) await bringUp(cchub, path);
  }
  return hub;
}

/** `cchub run` would stop the folder again at its end, so it is added and started by itself. */
async function bringUp(cchub, path) {
  const added = await run([cchub, "add", path, "--json"], { output: "keep", bound: 120_000 });
  if (added.code !== 0 && !added.text.includes("PATH_ALREADY_REGISTERED")) {
    note(added.text.trim());
    return;
  }
  await run([cchub, "start", path], { bound: 600_000 });
}

await main(async () => {
  const { yes, headless, path } = request(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
  heading("CommandCenter Hub");
  checkNode();
  const window = !headless && (await hasDisplay());
  await ensurePackages(window ? ["programs", "window"] : ["programs"], { yes });
  await ensurePython({ yes });
  await checkCargo();
  await ensureNodePackages();
  await ensurePages();
  const chosen = profile("release");
  await ensurePrograms(window ? ["cchub", "cchub-guard", "cchub-desktop"] : ["cchub", "cchub-guard"], chosen);
  if (window) {
    note("Opening the window. Ctrl+C here stops all projects and ends the Hub.");
    return live([built("cchub-desktop", chosen), ...(path === undefined ? [] : [path])]);
  }
  note("There is no display, so the Hub serves its page instead.");
  return serve(built("cchub", chosen), path);
});
