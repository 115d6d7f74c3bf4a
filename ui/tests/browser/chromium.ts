/*
 * A real browser for what only a real engine tells: contrast, layout, scrolling, content security. Serves the gallery
 * from Vite on a free port. The browser is the system's; CHROMIUM names another one.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { chromium, type Browser } from "playwright-core";
import { build, preview, type InlineConfig, type PreviewServer } from "vite";

const PLACES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** What both hosts of the UI allow a page, see crates/hub-api and src-tauri. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface Gallery {
  browser: Browser;
  /** Address of a scene. */
  scene: (name: string, theme?: "light" | "dark") => string;
  close: () => Promise<void>;
}

async function launch(): Promise<Browser> {
  const executablePath = PLACES.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined) throw new Error("no Chromium found; install one or set CHROMIUM to its path");
  const quiet = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
  ];
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-component-update", ...quiet] });
}

/** Builds the gallery as the UI itself is built and serves it under the strict policy. */
export async function openGallery(): Promise<Gallery> {
  const outDir = await mkdtemp(join(tmpdir(), "cchub-gallery-"));
  const root = join(import.meta.dirname, "..", "gallery");
  const common: InlineConfig = { root, configFile: false, logLevel: "error", plugins: [react()] };
  await build({ ...common, base: "./", build: { outDir, emptyOutDir: true, modulePreload: { polyfill: false } } });
  const server: PreviewServer = await preview({
    ...common,
    build: { outDir },
    preview: { host: "127.0.0.1", port: 0, headers: { "Content-Security-Policy": POLICY } },
  });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error("the gallery is not served");
  const browser = await launch();
  return {
    browser,
    scene: (name, theme = "light") => `${address}?scene=${name}&theme=${theme}`,
    close: async () => {
      await browser.close();
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}
