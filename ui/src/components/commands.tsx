/*
 * Every action by name and key: the palette lists them, the keyboard runs them, the shortcut sheet explains them.
 */
import type { PaletteEntry, ShortcutGroup } from "@cchub/kit";
import {
  ExternalLink,
  FolderPlus,
  Keyboard,
  LayoutList,
  Moon,
  PanelsTopLeft,
  Play,
  RotateCw,
  ScrollText,
  Settings,
  Square,
  Stethoscope,
  Sun,
} from "lucide-react";
import type { ProjectView } from "../api";
import type { App } from "../app";
import { inOrder, isActive } from "../models/state";
import type { Theme } from "../stores/preferences";

/** All commands that make sense now; those of the projects first. */
export function commands(app: App, projects: readonly ProjectView[]): PaletteEntry[] {
  return [...inOrder(projects).flatMap((project) => projectCommands(app, project)), ...hubCommands(app)];
}

function projectCommands(app: App, project: ProjectView): PaletteEntry[] {
  const { id, name } = project;
  const entry = (
    verb: string,
    title: string,
    icon: React.ReactNode,
    run: () => void,
    shortcut?: string,
  ): PaletteEntry => ({
    id: `${verb} ${id}`,
    title,
    subject: name,
    icon,
    run,
    ...(shortcut ? { shortcut } : {}),
  });
  const show = () => app.route.go({ page: "project", id, tab: "overview" });
  const entries = [entry("show", "Show", <PanelsTopLeft />, show, "Enter")];
  if (isActive(project)) {
    entries.push(entry("stop", "Stop", <Square />, () => void app.hub.stop(id), "S"));
    if (project.state.state === "running" || project.state.state === "gave_up") {
      entries.push(entry("restart", "Restart", <RotateCw />, () => void app.hub.restart(id), "R"));
      const open = () => void app.openUrl(project.urls.frontend);
      entries.push(entry("open", "Open in browser", <ExternalLink />, open, "O"));
    }
  } else {
    entries.push(entry("start", "Start", <Play />, () => void app.hub.start(id), "S"));
  }
  entries.push(entry("log", "Open log", <ScrollText />, () => app.openLog(id), "L"));
  const settings = () => app.route.go({ page: "project", id, tab: "settings" });
  entries.push(entry("settings", "Project settings", <Settings />, settings));
  return entries;
}

function hubCommands(app: App): PaletteEntry[] {
  const theme = (value: Theme, title: string, icon: React.ReactNode): PaletteEntry => ({
    id: `theme ${value}`,
    title,
    icon,
    run: () => app.preferences.change({ theme: value }),
  });
  return [
    { id: "add", title: "Add folder", icon: <FolderPlus />, shortcut: "A", run: () => void app.addFolder() },
    { id: "projects", title: "All projects", icon: <LayoutList />, run: () => app.route.go({ page: "projects" }) },
    { id: "doctor", title: "Doctor", icon: <Stethoscope />, run: () => app.route.go({ page: "doctor" }) },
    {
      id: "settings",
      title: "Settings",
      icon: <Settings />,
      shortcut: "Mod+,",
      run: () => app.route.go({ page: "settings" }),
    },
    { id: "shortcuts", title: "Shortcuts", icon: <Keyboard />, shortcut: "?", run: () => app.overlay.set("shortcuts") },
    theme("light", "Light theme", <Sun />),
    theme("dark", "Dark theme", <Moon />),
    theme("system", "Theme of the system", <Sun />),
  ];
}

/** What the shortcut sheet shows, by place. */
export const SHORTCUTS: readonly ShortcutGroup[] = [
  {
    title: "Everywhere",
    keys: [
      ["Mod+K", "Search or run a command"],
      ["A", "Add folder"],
      ["/", "Filter projects"],
      ["Mod+,", "Settings"],
      ["?", "This sheet"],
      ["Esc", "Back"],
    ],
  },
  {
    title: "On a project, in the list or on its page",
    keys: [
      ["↑", "Previous project"],
      ["↓", "Next project"],
      ["Enter", "Show it"],
      ["S", "Start or stop"],
      ["R", "Restart"],
      ["O", "Open in browser"],
      ["L", "Open log"],
    ],
  },
  {
    title: "In a log",
    keys: [
      ["Mod+F", "Find"],
      ["Enter", "Next match"],
      ["Shift+Enter", "Previous match"],
      ["End", "Follow the newest lines"],
    ],
  },
];

/** The project a key press is about: the focused row's, else the page's. */
function projectInFocus(app: App, target: EventTarget | null): string | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-project-id]") : null;
  const route = app.route.get();
  return row?.dataset.projectId ?? (route.page === "project" ? route.id : undefined);
}

const PROJECT_KEYS: Readonly<Record<string, readonly string[]>> = {
  s: ["start", "stop"],
  r: ["restart"],
  o: ["open"],
  l: ["log"],
};

/** Carries out a key press; true when it meant something. */
export function runShortcut(app: App, event: KeyboardEvent): boolean {
  const mod = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (mod && key === "k") app.overlay.set(app.overlay.get() === "palette" ? "none" : "palette");
  else if (mod && key === ",") app.route.go({ page: "settings" });
  else if (mod || event.altKey || app.overlay.get() !== "none" || isTyping(event.target)) return false;
  else if (key === "?") app.overlay.set("shortcuts");
  else if (key === "escape") app.route.up();
  else if (key === "a") void app.addFolder();
  else if (key === "/") return focusFilter(app);
  else if (key === "arrowdown" || key === "arrowup") return moveBetweenRows(event.target, key === "arrowdown" ? 1 : -1);
  else return runProjectKey(app, event.target, key);
  return true;
}

function runProjectKey(app: App, target: EventTarget | null, key: string): boolean {
  const verbs = PROJECT_KEYS[key];
  const id = projectInFocus(app, target);
  const project = id === undefined ? undefined : app.hub.project(id);
  if (!verbs || !project) return false;
  const entry = projectCommands(app, project).find((each) => verbs.some((verb) => each.id === `${verb} ${project.id}`));
  entry?.run();
  return entry !== undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest("input, textarea, select, [role=menu], [role=dialog]") !== null
  );
}

/** Goes from project to project in the list; the first press enters it. */
function moveBetweenRows(target: EventTarget | null, by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-testid=project-row]")];
  const here = target instanceof Element ? target.closest<HTMLElement>("[data-testid=project-row]") : null;
  if (here === null && target !== document.body) return false;
  const next = here === null ? rows.at(by === 1 ? 0 : -1) : rows[rows.indexOf(here) + by];
  next?.querySelector<HTMLElement>("a[href]")?.focus();
  return next !== undefined;
}

function focusFilter(app: App): boolean {
  if (app.route.get().page !== "projects") app.route.go({ page: "projects" });
  // The list may only now be on its way to the screen.
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>("[data-testid=filter]")?.focus());
  return true;
}
