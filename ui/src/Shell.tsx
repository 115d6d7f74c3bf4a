/*
 * The frame of the window: bar, banner, one page, and what lies over it. Owns the keyboard.
 */
import { useEffect } from "react";
import { AppProvider, type App } from "./app";
import { runShortcut } from "./components/commands";
import { ConnectionBanner } from "./components/ConnectionBanner";
import { Overlays } from "./components/Overlays";
import { TopBar } from "./components/TopBar";
import styles from "./Shell.module.css";
import { useStore } from "./stores/store";
import { DoctorPage } from "./views/DoctorPage";
import { ProjectList } from "./views/ProjectList";
import { ProjectPage } from "./views/ProjectPage";
import { SettingsPage } from "./views/SettingsPage";

export function Shell({ app }: { app: App }) {
  useEffect(() => app.open(), [app]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.defaultPrevented && runShortcut(app, event)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [app]);

  return (
    <AppProvider value={app}>
      <div className={styles.window}>
        <TopBar />
        <ConnectionBanner />
        <div className={styles.page}>
          <Page app={app} />
        </div>
      </div>
      <Overlays />
    </AppProvider>
  );
}

function Page({ app }: { app: App }) {
  const route = useStore(app.route);
  switch (route.page) {
    case "projects":
      return <ProjectList />;
    case "project":
      return <ProjectPage route={route} />;
    case "settings":
      return <SettingsPage />;
    case "doctor":
      return <DoctorPage />;
  }
}
