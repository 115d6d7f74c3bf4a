/*
 * The way between the pages: a sidebar where there is room, a rail of icons where there is less, a bar at the lower edge
 * on a phone's width. What does not fit into the bar is behind "More".
 */
import { IconButton, Menu, MenuItem, MenuSeparator, ShortcutKeys, classNames } from "@cchub/kit";
import { Command, Ellipsis, Keyboard, Moon, Sun, SunMoon } from "lucide-react";
import styles from "./Navigation.module.css";
import { PAGES, type PageEntry } from "./pages";
import type { Theme } from "./preferences";
import { hrefTo, useRouter } from "./router";
import { ServiceState, type ServiceStateProps } from "./ServiceState";

/** So many pages stay visible in the bar of a narrow screen. */
const IN_BAR = 4;

export interface NavigationProps extends ServiceStateProps {
  projectName: string;
  current: PageEntry;
  theme: Theme;
  onPalette: () => void;
  onShortcuts: () => void;
  onTheme: () => void;
}

const THEMES = {
  system: { icon: SunMoon, words: "Theme: as the system" },
  light: { icon: Sun, words: "Theme: light" },
  dark: { icon: Moon, words: "Theme: dark" },
} as const;

export function Navigation(props: NavigationProps) {
  const { projectName, current, theme, onPalette, onShortcuts, onTheme, api, connection } = props;
  const { icon: ThemeIcon, words } = THEMES[theme];
  return (
    <header className={styles.side}>
      <p className={styles.project} title={projectName}>
        {projectName}
      </p>
      <button type="button" className={styles.find} onClick={onPalette} aria-haspopup="dialog">
        <Command size={16} aria-hidden="true" />
        <span className={styles.label}>Commands</span>
        <span className={styles.keys} aria-hidden="true">
          <ShortcutKeys keys="Mod+K" />
        </span>
      </button>
      <nav aria-label="Pages" className={styles.pages}>
        {PAGES.map((page, index) => (
          <PageLink key={page.id} page={page} current={page.id === current.id} spare={index >= IN_BAR} />
        ))}
        <More {...props} />
      </nav>
      <div className={styles.foot}>
        <ServiceState api={api} connection={connection} />
        <div className={styles.tools}>
          <IconButton label={words} size="small" icon={<ThemeIcon />} onClick={onTheme} data-testid="theme" />
          <IconButton label="Shortcuts" shortcut="?" size="small" icon={<Keyboard />} onClick={onShortcuts} />
        </div>
      </div>
    </header>
  );
}

function PageLink({ page, current, spare }: { page: PageEntry; current: boolean; spare: boolean }) {
  const { id, title, icon: Icon, key } = page;
  return (
    <a
      href={hrefTo(id)}
      aria-current={current ? "page" : undefined}
      className={classNames(styles.page, spare && styles.spare)}
      title={title}
      data-testid={`tab-${id}`}
    >
      <Icon size={16} aria-hidden="true" />
      <span className={styles.label}>{title}</span>
      <span className={styles.keys} aria-hidden="true">
        <ShortcutKeys keys={`g ${key}`} />
      </span>
    </a>
  );
}

/** Only shown in the bar of a narrow screen. */
function More({ current, onPalette, onTheme, theme }: NavigationProps) {
  const router = useRouter();
  const spare = PAGES.slice(IN_BAR);
  const here = spare.some((page) => page.id === current.id);
  return (
    <Menu
      trigger={
        <button type="button" className={classNames(styles.page, styles.more)} data-current={here || undefined}>
          <Ellipsis size={16} aria-hidden="true" />
          <span className={styles.label}>{here ? current.title : "More"}</span>
        </button>
      }
    >
      {spare.map(({ id, title, icon: Icon }) => (
        <MenuItem key={id} icon={<Icon />} onSelect={() => router.go(hrefTo(id))}>
          {title}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem icon={<Command />} onSelect={onPalette}>
        Commands
      </MenuItem>
      <MenuItem icon={<SunMoon />} onSelect={onTheme}>
        {THEMES[theme].words}
      </MenuItem>
    </Menu>
  );
}
