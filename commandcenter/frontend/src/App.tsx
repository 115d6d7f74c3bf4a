/*
 * The frame of the workbench: navigation, the page that is shown, what can lie over it, and the word when the backend is
 * away.
 */
import { Palette, Toasts } from "@cchub/kit";
import { FileSearch, Search } from "lucide-react";
import { Suspense, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import styles from "./App.module.css";
import type { Api } from "./api/client";
import { useFreshData } from "./api/freshness";
import type { LiveEvents } from "./api/live";
import type { WorkbenchConfig } from "./config";
import { useUnsaved } from "./drafts";
import { Banner } from "./parts/Banner";
import { Failsafe } from "./parts/Failsafe";
import { Loading } from "./parts/Loading";
import { PictureContext } from "./parts/pictures";
import { PassingTrouble } from "./parts/PassingTrouble";
import { CommandRegistry, CommandsProvider, useAllCommands, useCommandRegistry } from "./shell/commands";
import { FileFinder } from "./shell/FileFinder";
import { useFrameCommands, type Overlay } from "./shell/frameCommands";
import { KeyboardLayer } from "./shell/keyboard";
import { Navigation } from "./shell/Navigation";
import { pageOf } from "./shell/pages";
import { PreferenceStore, nextTheme, pageStorage } from "./shell/preferences";
import { Router, RouterProvider, hrefTo, useRoute, useRouter } from "./shell/router";
import { ShortcutSheet } from "./shell/ShortcutSheet";

export interface AppProps {
  api: Api;
  live: LiveEvents;
  config: WorkbenchConfig;
}

export function App(props: AppProps) {
  const [{ router, registry, preferences }] = useState(() => ({
    router: new Router(window),
    registry: new CommandRegistry(),
    preferences: new PreferenceStore(pageStorage(window), document.documentElement),
  }));
  useEffect(() => router.open(), [router]);
  return (
    <RouterProvider value={router}>
      <CommandsProvider value={registry}>
        <PictureContext value={props.api.files.raw}>
          <Frame {...props} preferences={preferences} />
        </PictureContext>
      </CommandsProvider>
    </RouterProvider>
  );
}

function Frame({ api, live, config, preferences }: AppProps & { preferences: PreferenceStore }) {
  const route = useRoute();
  const registry = useCommandRegistry();
  const current = pageOf(route);
  const { connection } = useSyncExternalStore(live.subscribe, live.getState);
  const { theme } = useSyncExternalStore(preferences.subscribe, preferences.get);
  const [overlay, setOverlay] = useState<Overlay>("none");
  const [fileQuery, setFileQuery] = useState("");
  const close = () => setOverlay("none");
  useFreshData(live);
  useUnsaved();
  // Before the browser paints: what can be seen can be done.
  useLayoutEffect(() => new KeyboardLayer(registry).open(window), [registry]);
  useFrameCommands({ api, preferences, overlay, onOverlay: setOverlay });
  useTitle(current.title, config.projectName);
  const main = useRef<HTMLElement>(null);
  return (
    <div className={styles.frame}>
      <a
        href={`#${MAIN}`}
        className={styles.skip}
        onClick={(event) => {
          // The fragment is the route's: the focus moves without it.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the page
      </a>
      <Navigation
        api={api}
        connection={connection}
        projectName={config.projectName}
        current={current}
        theme={theme}
        onPalette={() => setOverlay("palette")}
        onShortcuts={() => setOverlay("shortcuts")}
        onTheme={() => preferences.change({ theme: nextTheme(theme) })}
      />
      <div className={styles.stage}>
        {connection === "lost" ? (
          <Banner tone="warning" data-testid="connection-lost">
            The backend does not answer right now. This page goes on by itself as soon as it does; nothing you typed is
            lost.
          </Banner>
        ) : (
          <PassingTrouble live={live} />
        )}
        <main ref={main} id={MAIN} tabIndex={-1} className={styles.main}>
          <Failsafe key={current.id} title={`${current.title} cannot be shown`}>
            <Suspense fallback={<Loading what={current.title} />}>
              <current.Page api={api} live={live} config={config} preferences={preferences} route={route} />
            </Suspense>
          </Failsafe>
        </main>
      </div>
      <CommandPalette
        open={overlay === "palette"}
        onClose={close}
        onFindFile={(words) => {
          setFileQuery(words);
          setOverlay("files");
        }}
      />
      <FileFinder api={api} open={overlay === "files"} onClose={close} query={fileQuery} onQuery={setFileQuery} />
      <ShortcutSheet open={overlay === "shortcuts"} onClose={close} />
      <Toasts />
    </div>
  );
}

const MAIN = "page";

interface CommandPaletteProps {
  open: boolean;
  onClose: () => void;
  onFindFile: (words: string) => void;
}

function CommandPalette({ open, onClose, onFindFile }: CommandPaletteProps) {
  const router = useRouter();
  const commands = useAllCommands();
  const otherwise = (words: string) => [
    { id: "file of words", title: "Open a file:", subject: words, icon: <FileSearch />, run: () => onFindFile(words) },
    {
      id: "search words",
      title: "Search in all files:",
      subject: words,
      icon: <Search />,
      run: () => router.go(hrefTo("search", null, { q: words })),
    },
  ];
  const entries = commands
    .filter((command) => !command.hidden)
    .map(({ id, title, subject, icon, keys, run }) => ({
      id,
      title,
      icon,
      run,
      ...(subject === undefined ? {} : { subject }),
      ...(keys === undefined ? {} : { shortcut: keys }),
    }));
  return (
    <Palette
      open={open}
      onClose={onClose}
      entries={open ? entries : []}
      placeholder="Type a command, or words to look for"
      otherwise={otherwise}
    />
  );
}

function useTitle(page: string, project: string): void {
  useEffect(() => {
    document.title = `${page} · ${project} · CommandCenter`;
  }, [page, project]);
}
