/*
 * The pages of the workbench: their place in the navigation, their key, and how each is loaded when it is first shown.
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
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import type { Api } from "../api/client";
import type { LiveEvents } from "../api/live";
import type { WorkbenchConfig } from "../config";
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
  Page: LazyExoticComponent<ComponentType<PageProps>>;
}

/** In the order of the navigation; the first four stay visible on a narrow screen. */
export const PAGES: readonly PageEntry[] = [
  {
    id: "overview",
    title: "Overview",
    icon: LayoutDashboard,
    key: "o",
    Page: lazy(async () => ({ default: (await import("../pages/overview/Overview")).Overview })),
  },
  {
    id: "search",
    title: "Search",
    icon: Search,
    key: "s",
    Page: lazy(async () => ({ default: (await import("../pages/search/Search")).Search })),
  },
  {
    id: "files",
    title: "Files",
    icon: FileText,
    key: "f",
    Page: lazy(async () => ({ default: (await import("../pages/files/Files")).Files })),
  },
  {
    id: "tasks",
    title: "Tasks",
    icon: SquareKanban,
    key: "t",
    Page: lazy(async () => ({ default: (await import("../pages/tasks/Tasks")).Tasks })),
  },
  {
    id: "notes",
    title: "Notes",
    icon: NotebookPen,
    key: "n",
    Page: lazy(async () => ({ default: (await import("../pages/notes/Notes")).Notes })),
  },
  {
    id: "activity",
    title: "Activity",
    icon: Activity,
    key: "a",
    Page: lazy(async () => ({ default: (await import("../pages/activity/Activity")).Activity })),
  },
  {
    id: "database",
    title: "Database",
    icon: Database,
    key: "d",
    Page: lazy(async () => ({ default: (await import("../pages/database/Database")).Database })),
  },
];

/** The page of an address; the overview where there is none of that name. */
export function pageOf(route: Route): PageEntry {
  const found = PAGES.find((page) => page.id === route.page) ?? PAGES[0];
  if (!found) throw new Error("the workbench has no page");
  return found;
}
