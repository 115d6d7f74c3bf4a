/*
 * The drafts of the page that is open: the same ones for all its parts, as long as it is open.
 */
import type { WorkbenchConfig } from "../config";
import { Drafts } from "../models/drafts";
import type { Text } from "../models/typed";
import { pageStorage } from "../shell/preferences";

const TAB = "workbench:tab";
const tabs = new WeakMap<WorkbenchConfig, string>();

/** Gives the page's drafts of one kind of record. */
export function draftsOfPage<F extends Text>(kind: "note" | "task"): (config: WorkbenchConfig) => Drafts<F> {
  const made = new WeakMap<WorkbenchConfig, Drafts<F>>();
  return (config) => {
    const tab = tabs.get(config) ?? tabOf(window);
    tabs.set(config, tab);
    const drafts = made.get(config) ?? new Drafts<F>(config.projectId, kind, tab, pageStorage(window));
    made.set(config, drafts);
    return drafts;
  };
}

/**
 * A name for this tab that it keeps over a reload. It lies in the tab's storage only while no page of it is open: a copy
 * of the tab gets a copy of the storage, and would write into the same drafts.
 */
function tabOf(page: Window): string {
  const tab = held(page, (storage) => storage.getItem(TAB)) ?? newName();
  const take = () => held(page, (storage) => storage.removeItem(TAB));
  const leave = () => held(page, (storage) => storage.setItem(TAB, tab));
  take();
  page.addEventListener("pagehide", leave);
  page.addEventListener("pageshow", take);
  return tab;
}

function newName(): string {
  return `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
}

/** Where nothing is kept, the next page takes up what this one left, as it takes up another tab's. */
function held<T>(page: Window, use: (storage: Storage) => T): T | null {
  try {
    return use(page.sessionStorage);
  } catch {
    return null;
  }
}
