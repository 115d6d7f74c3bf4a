/*
 * What every component can reach: the host seam, the stores and the ways to act on them. Made once, at the entry.
 */
import { toast } from "@cchub/kit";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Service } from "./api";
import type { Host } from "./host/types";
import { ago } from "./models/words";
import { Clock } from "./stores/clock";
import { HubStore, type Notice } from "./stores/hub";
import { PreferenceStore } from "./stores/preferences";
import { RouteStore } from "./stores/route";
import { Store } from "./stores/store";
import { causeWords, toHubError } from "./host/error";

/** What lies over the page, at most one at a time. */
export type Overlay = "none" | "palette" | "shortcuts" | "add" | "quit";

export class App {
  readonly hub: HubStore;
  readonly route: RouteStore;
  readonly preferences: PreferenceStore;
  readonly clock = new Clock();
  readonly overlay = new Store<Overlay>("none");
  /** What the list is narrowed to. */
  readonly filter = new Store("");

  constructor(
    readonly host: Host,
    page: Window,
  ) {
    this.hub = new HubStore(host, (notice) => this.#tell(notice));
    this.route = new RouteStore(page);
    this.preferences = new PreferenceStore(page.localStorage, page.document.documentElement);
  }

  /** Connects everything; returns what disconnects it. */
  open(): () => void {
    const ends = [this.route.open(), this.hub.open(), this.host.onQuitAsked(() => this.overlay.set("quit"))];
    return () => ends.forEach((end) => end());
  }

  /** Adds a folder: by the native dialog where there is one, else by typing its path. */
  async addFolder(): Promise<void> {
    if (!this.host.canPick) {
      this.overlay.set("add");
      return;
    }
    await this.attempt(async () => {
      const paths = await this.host.pickFolders();
      if (paths.length > 0) await this.addPaths(paths);
    });
  }

  async addPaths(paths: readonly string[]): Promise<void> {
    this.route.go({ page: "projects" });
    this.filter.set("");
    await this.hub.add(paths);
  }

  openLog(project: string, service?: Service): void {
    this.route.go({ page: "project", id: project, tab: "logs", service });
  }

  /** Opens an address outside the Hub. */
  openUrl(url: string): Promise<boolean> {
    return this.attempt(() => this.host.openExternal(url));
  }

  async copy(text: string, what: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      toast({ title: `${what} copied` });
    } catch (cause) {
      toast({ title: `${what} could not be copied`, description: causeWords(cause), tone: "failed" });
    }
  }

  /** Carries out a request whose failure belongs in a notice. Resolves to whether it was done. */
  async attempt(carryOut: () => Promise<unknown>): Promise<boolean> {
    try {
      await carryOut();
      return true;
    } catch (thrown) {
      this.#tell({ kind: "failed", error: toHubError(thrown).wire });
      return false;
    }
  }

  #tell(notice: Notice): void {
    if (notice.kind === "failed") {
      toast({ title: notice.error.message, description: notice.error.action, tone: "failed" });
      return;
    }
    const { project } = notice;
    const name = this.hub.project(project)?.name ?? "that folder";
    toast({
      title: `Already registered as ${name}`,
      action: { label: "Show", onPress: () => this.route.go({ page: "project", id: project, tab: "overview" }) },
    });
  }
}

const AppContext = createContext<App | null>(null);
export const AppProvider = AppContext.Provider;

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error("a component that acts on the Hub stands outside AppProvider");
  return app;
}

/** The age of a moment in words; renders again only when the words change. */
export function useAge(at: number): string {
  const { clock } = useApp();
  return useSyncExternalStore(clock.subscribe, () => ago(at, clock.get()));
}
