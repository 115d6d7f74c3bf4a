/*
 * The pages of the workbench: their place in the navigation, their key, and how each is loaded: the first one when it is
 * shown, the others after it, so that they are there at once when somebody goes to them and types on.
 */
import {
  Activity,
  Database,
  FileText,
  LayoutDashboard,
  NotebookPen,
  Search,
  SquareKanban,
  type LucideIcon,
} from "lucide-react";
import type { ComponentType } from "react";
import type { Api } from "../api/client";
import type { LiveEvents } from "../api/live";
import type { WorkbenchConfig } from "../config";
import { loadedLater } from "./loadedLater";
import type { PreferenceStore } from "./preferences";
import type { Route } from "./router";

/** What every page is given. */
export interface PageProps {
  api: Api;
  live: LiveEvents;
  config: WorkbenchConfig;
  preferences: PreferenceStore;
  route: Route;
}

export interface PageEntry {
  /** First part of the page's address. */
  id: string;
  title: string;
  icon: LucideIcon;
  /** Key after `g`. */
  key: string;
  Page: ComponentType<PageProps>;
  /** Has it loaded before it is shown. */
  load: () => Promise<unknown>;
}

/** In the order of the navigation; the first four stay visible on a narrow screen. */
export const PAGES: readonly PageEntry[] = [
  {
    id: "overview",
    title: "Overview",
    icon: LayoutDashboard,
    key: "o",
    ...loadedLater(async () => (await import("../pages/overview/Overview")).Overview),
  },
  {
    id: "search",
    title: "Search",
    icon: Search,
    key: "s",
    ...loadedLater(async () => (await import("../pages/search/Search")).Search),
  },
  {
    id: "files",
    title: "Files",
    icon: FileText,
    key: "f",
    ...loadedLater(async () => (await import("../pages/files/Files")).Files),
  },
  {
    id: "tasks",
    title: "Tasks",
    icon: SquareKanban,
    key: "t",
    ...loadedLater(async () => (await import("../pages/tasks/Tasks")).Tasks),
  },
  {
    id: "notes",
    title: "Notes",
    icon: NotebookPen,
    key: "n",
    ...loadedLater(async () => (await import("../pages/notes/Notes")).Notes),
  },
  {
    id: "activity",
    title: "Activity",
    icon: Activity,
    key: "a",
    ...loadedLater(async () => (await import("../pages/activity/Activity")).Activity),
  },
  {
    id: "database",
    title: "Database",
    icon: Database,
    key: "d",
    ...loadedLater(async () => (await import("../pages/database/Database")).Database),
  },
];

/** The page of an address; the overview where there is none of that name. */
export function pageOf(route: Route): PageEntry {
  const found = PAGES.find((page) => page.id === route.page) ?? PAGES[0];
  if (!found) throw new Error("the workbench has no page");
  return found;
}

/** Loads all pages, one after the other, this one first. */
export async function loadPages(first: PageEntry): Promise<void> {
  for (const page of [first, ...PAGES]) await page.load();
}
