/*
 * The bar over every page: where the user is, and the way to everything that is not a project.
 */
import { IconButton, ShortcutKeys } from "@cchub/kit";
import { ChevronLeft, Search, Settings, Stethoscope } from "lucide-react";
import { useApp } from "../app";
import { formatRoute } from "../stores/route";
import { useStore } from "../stores/store";
import { HubMark } from "./HubMark";
import styles from "./TopBar.module.css";

export function TopBar() {
  const app = useApp();
  const route = useStore(app.route);
  const here = route.page === "settings" ? "Settings" : route.page === "doctor" ? "Doctor" : undefined;
  return (
    <header className={styles.bar}>
      <nav className={styles.crumbs} aria-label="Where you are">
        {route.page === "projects" ? null : (
          <IconButton label="Back" shortcut="Esc" icon={<ChevronLeft />} onClick={() => app.route.up()} />
        )}
        <a className={styles.home} href={formatRoute({ page: "projects" })}>
          <HubMark size={20} />
          <span>CommandCenter Hub</span>
        </a>
        {here ? (
          <>
            <span className={styles.slash}>/</span>
            <span aria-current="page">{here}</span>
          </>
        ) : null}
      </nav>
      <button type="button" className={styles.search} onClick={() => app.overlay.set("palette")}>
        <Search aria-hidden="true" />
        <span>Search or run a command</span>
        <ShortcutKeys keys="Mod+K" />
      </button>
      <div className={styles.actions}>
        <IconButton label="Doctor" icon={<Stethoscope />} onClick={() => app.route.go({ page: "doctor" })} />
        <IconButton
          label="Settings"
          shortcut="Mod+,"
          icon={<Settings />}
          onClick={() => app.route.go({ page: "settings" })}
        />
      </div>
    </header>
  );
}
