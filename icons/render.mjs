/*
 * Draws every icon file from the SVG sources in ./src with the renderer of the Tauri CLI: `node icons/render.mjs`.
 * Writes the application's sizes (32, 128, 256 and 512 px, .ico, .icns) and one 32 px tray picture per overall health.
 * The results are committed, because a build must not depend on this step.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const tauri = join(here, "..", "node_modules", "@tauri-apps", "cli", "tauri.js");
const scratch = mkdtempSync(join(tmpdir(), "cchub-icons-"));

const draw = (source, ...sizes) =>
  execFileSync(process.execPath, [tauri, "icon", join(here, "src", source), "--output", scratch, ...sizes], {
    stdio: ["ignore", "ignore", "inherit"],
  });
const keep = (made, name) => copyFileSync(join(scratch, made), join(here, name));

try {
  draw("app.svg");
  keep("icon.ico", "icon.ico");
  keep("icon.icns", "icon.icns");
  draw("app.svg", "--png", "32,128,256,512");
  for (const size of [32, 128, 256, 512]) keep(`${size}x${size}.png`, `${size}x${size}.png`);
  for (const state of ["stopped", "starting", "healthy", "degraded", "failed", "unknown"]) {
    draw(`tray-${state}.svg`, "--png", "32");
    keep("32x32.png", `tray-${state}.png`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
