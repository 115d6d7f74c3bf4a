/*
 * What can be done everywhere: going to a page, opening a file, searching, themes, the palette and the shortcut sheet.
 */
import { toast } from "@cchub/kit";
import {
  Command as CommandIcon,
  DatabaseZap,
  FileSearch,
  Keyboard,
  Moon,
  RefreshCw,
  Search,
  Sun,
  SunMoon,
} from "lucide-react";
import type { Api } from "../api/client";
import { useCommands, type Command } from "./commands";
import { PAGES } from "./pages";
import type { PreferenceStore, Theme } from "./preferences";
import { above, hrefTo, useRouter } from "./router";

/** What lies over the page. */
export type Overlay = "none" | "palette" | "files" | "shortcuts";

export interface FrameCommandsProps {
  api: Api;
  preferences: PreferenceStore;
  overlay: Overlay;
  onOverlay: (overlay: Overlay) => void;
}

const EVERYWHERE = "Everywhere";
const GO = "Go to";

export function useFrameCommands({ api, preferences, overlay, onOverlay }: FrameCommandsProps): void {
  const router = useRouter();
  const toggle = (target: Overlay) => () => onOverlay(overlay === target ? "none" : target);
  const theme = (value: Theme, title: string, icon: React.ReactNode): Command => ({
    id: `theme ${value}`,
    title,
    group: EVERYWHERE,
    icon,
    run: () => preferences.change({ theme: value }),
  });
  const goUp = () => {
    const route = router.get();
    const active = document.activeElement;
    if (active instanceof HTMLElement && active !== document.body && route.id === null) active.blur();
    const target = above(route);
    if (target !== null) router.go(target);
  };
  useCommands([
    {
      id: "palette",
      title: "Commands",
      group: EVERYWHERE,
      icon: <CommandIcon />,
      keys: "Mod+K",
      hidden: true,
      run: toggle("palette"),
    },
    {
      id: "find file",
      title: "Open a file by its name",
      group: EVERYWHERE,
      icon: <FileSearch />,
      keys: "Mod+P",
      run: toggle("files"),
    },
    {
      id: "focus search",
      title: "Search in all files",
      group: EVERYWHERE,
      icon: <Search />,
      keys: "/",
      run: () => router.go(hrefTo("search")),
    },
    { id: "shortcuts", title: "Shortcuts", group: EVERYWHERE, icon: <Keyboard />, keys: "?", run: toggle("shortcuts") },
    { id: "up", title: "Back", group: EVERYWHERE, keys: "Esc", hidden: true, run: goUp },
    ...PAGES.map(({ id, title, icon: Icon, key }) => ({
      id: `go ${id}`,
      title: `Go to ${title.toLowerCase()}`,
      group: GO,
      icon: <Icon />,
      keys: `g ${key}`,
      run: () => router.go(hrefTo(id)),
    })),
    {
      id: "look again",
      title: "Look at the folder again",
      group: EVERYWHERE,
      icon: <RefreshCw />,
      run: () => void tell(api.overview.refresh(), "The folder is being looked at"),
    },
    {
      id: "rebuild index",
      title: "Build the search index anew",
      group: EVERYWHERE,
      icon: <DatabaseZap />,
      run: () => void tell(api.search.rebuild(), "The index is being built anew"),
    },
    theme("system", "Theme of the system", <SunMoon />),
    theme("light", "Light theme", <Sun />),
    theme("dark", "Dark theme", <Moon />),
  ]);
}

/** Says how a command that runs in the backend began. */
async function tell(work: Promise<unknown>, began: string): Promise<void> {
  try {
    await work;
    toast({ title: began, tone: "starting" });
  } catch (error) {
    const description = error instanceof Error ? error.message : String(error);
    toast({ title: "That did not work", description, tone: "failed" });
  }
}
