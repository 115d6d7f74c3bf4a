/*
 * The drafts of the page that is open: the same ones for all its parts, as long as it is open.
 */
import type { WorkbenchConfig } from "../config";
import { Drafts } from "../models/drafts";
import type { Text } from "../models/typed";
import { pageStorage } from "../shell/preferences";

const TAB = "workbench:tab";

/** Gives the page's drafts of one kind of record. */
export function draftsOfPage<F extends Text>(kind: "note" | "task"): (config: WorkbenchConfig) => Drafts<F> {
  const made = new WeakMap<WorkbenchConfig, Drafts<F>>();
  return (config) => {
    const drafts = made.get(config) ?? new Drafts<F>(config.projectId, kind, tabOf(window), pageStorage(window));
    made.set(config, drafts);
    return drafts;
  };
}

/** A name for this tab that it keeps over a reload. */
function tabOf(page: Window): string {
  const name = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  try {
    const kept = page.sessionStorage.getItem(TAB);
    if (kept === null) page.sessionStorage.setItem(TAB, name);
    return kept ?? name;
  } catch {
    // Where nothing is kept, the next page takes up what this one left, as it takes up another tab's.
    return name;
  }
}
