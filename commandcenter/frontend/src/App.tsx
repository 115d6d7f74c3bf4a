/*
 * The frame of the workbench: which page is shown (kept in the address), the palette, and the word when the backend is
 * away. Events of the live stream say which data is old.
 */
import { Button, Palette, Toasts, type PaletteEntry } from "@cchub/kit";
import { useQueryClient } from "@tanstack/react-query";
import { Activity as ActivityIcon, FolderOpen, NotebookPen, Search } from "lucide-react";
import { useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import styles from "./App.module.css";
import type { Api } from "./api/client";
import type { LiveEvents } from "./api/live";
import type { WorkbenchConfig } from "./config";
import { Activity } from "./pages/Activity";
import { Notes } from "./pages/Notes";
import { Overview } from "./pages/Overview";

const PAGES = [
  { id: "overview", title: "Overview", icon: <FolderOpen size={16} /> },
  { id: "notes", title: "Notes", icon: <NotebookPen size={16} /> },
  { id: "activity", title: "Activity", icon: <ActivityIcon size={16} /> },
] as const;
type PageId = (typeof PAGES)[number]["id"];

function pageInAddress(): PageId {
  const name = window.location.hash.replace(/^#\/?/, "");
  return PAGES.find((page) => page.id === name)?.id ?? "overview";
}

function usePage(): [PageId, (page: PageId) => void] {
  const [page, setPage] = useState(pageInAddress);
  useEffect(() => {
    const follow = () => setPage(pageInAddress());
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return [page, (next) => (window.location.hash = `/${next}`)];
}

/** Data that an event makes old. */
const AFFECTS: Record<string, readonly string[]> = {
  "note.created": ["notes"],
  "note.updated": ["notes"],
  "note.deleted": ["notes"],
  "overview.refreshed": ["overview"],
  "stream.gap": ["notes", "overview"],
  "backend.started": ["notes", "overview"],
};

function useFreshData(live: LiveEvents) {
  const queries = useQueryClient();
  useEffect(
    () =>
      live.onEvent((event) => {
        for (const key of AFFECTS[event.type] ?? []) void queries.invalidateQueries({ queryKey: [key] });
      }),
    [live, queries],
  );
}

export interface AppProps {
  api: Api;
  live: LiveEvents;
  config: WorkbenchConfig;
}

export function App({ api, live, config }: AppProps) {
  const [page, show] = usePage();
  const [palette, setPalette] = useState(false);
  const { connection } = useSyncExternalStore(live.subscribe, live.getState);
  useFreshData(live);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette((open) => !open);
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  const entries: PaletteEntry[] = [
    ...PAGES.map((target) => ({
      id: target.id,
      title: `Go to ${target.title.toLowerCase()}`,
      icon: target.icon,
      run: () => show(target.id),
    })),
    { id: "refresh", title: "Look at the folder again", run: () => void api.refresh() },
  ];
  const content: Record<PageId, ReactNode> = {
    overview: <Overview api={api} />,
    notes: <Notes api={api} />,
    activity: <Activity live={live} />,
  };
  return (
    <div className={styles.frame}>
      <header className={styles.bar}>
        <h1 className={styles.name}>{config.projectName}</h1>
        <nav aria-label="Pages" className={styles.tabs}>
          {PAGES.map((target) => (
            <a
              key={target.id}
              href={`#/${target.id}`}
              aria-current={target.id === page ? "page" : undefined}
              data-testid={`tab-${target.id}`}
            >
              {target.icon}
              {target.title}
            </a>
          ))}
        </nav>
        <Button variant="quiet" size="small" icon={<Search size={14} />} onClick={() => setPalette(true)}>
          Commands
        </Button>
      </header>
      {connection === "lost" ? (
        <p role="status" className={styles.lost} data-testid="connection-lost">
          The backend does not answer right now. This page goes on by itself as soon as it does; nothing you typed is
          lost.
        </p>
      ) : null}
      <main className={styles.main}>{content[page]}</main>
      <Palette open={palette} onClose={() => setPalette(false)} entries={entries} />
      <Toasts />
    </div>
  );
}
