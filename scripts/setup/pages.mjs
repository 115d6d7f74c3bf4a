/*
 * Node packages, and the two sets of pages: the Hub's own and the workbench's. Each is done again only when what it is
 * made of has changed.
 */
import { existsSync, readFileSync } from "node:fs";
import { must } from "./child.mjs";
import { at } from "./places.mjs";
import { note, step } from "./say.mjs";
import { contentHash, isCurrent, remember } from "./stamps.mjs";

/**
 * True when the installed tree is the one that the lock describes. npm keeps its own record of what it installed;
 * packages for other platforms are in the lock only, and optional there.
 */
export function isInstalled(lock, record) {
  const entries = Object.entries(lock.packages ?? {}).filter(([path]) => path.includes("node_modules/"));
  return entries.every(([path, wanted]) => {
    const there = record.packages?.[path];
    if (there === undefined) return wanted.optional === true || wanted.peer === true;
    return there.version === wanted.version && there.integrity === wanted.integrity && there.link === wanted.link;
  });
}

/** Installs the workspaces' packages if they are not the locked ones. */
export async function ensureNodePackages() {
  const record = at("node_modules/.package-lock.json");
  const read = (path) => JSON.parse(readFileSync(path, "utf8"));
  if (existsSync(record) && isInstalled(read(at("package-lock.json")), read(record))) {
    note("Node packages are the locked ones.");
    return;
  }
  await step("Installing Node packages", () =>
    must(["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel", "error"], {
      action: "Without a connection this works only when npm has fetched the packages before.",
    }),
  );
}

const SHARED = ["package-lock.json", "tsconfig.base.json", "ui/kit"];

const PAGES = {
  ui: { title: "the Hub's pages", folder: "ui", sources: ["ui", ...SHARED], result: "ui/dist/index.html" },
  workbench: {
    title: "the workbench's pages",
    folder: "commandcenter/frontend",
    sources: ["commandcenter/frontend", ...SHARED],
    result: "commandcenter/frontend/dist/index.html",
  },
};

/** Builds the pages whose sources changed since they were last built. */
export async function ensurePages() {
  for (const [name, page] of Object.entries(PAGES)) {
    const hash = contentHash(page.sources.map((path) => at(path)));
    if (isCurrent(name, hash, at(page.result))) {
      note(`${page.title} are built.`);
      continue;
    }
    await step(`Building ${page.title}`, () => must(["npm", "run", "--silent", "build"], { cwd: at(page.folder) }));
    remember(name, hash);
  }
}
