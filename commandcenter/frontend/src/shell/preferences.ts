/*
 * How this page looks, remembered by the browser. `public/theme.js` reads the theme before the first paint; the key's
 * name and shape are shared with it.
 */
export type Theme = "system" | "light" | "dark";

export interface Preferences {
  theme: Theme;
  /** Shows what .gitignore leaves out, in the file tree. */
  showIgnored: boolean;
  /** Breaks long lines of text files. */
  wrapLines: boolean;
  /** Width of the file tree, in pixels. */
  treeWidth: number;
}

const KEY = "workbench.preferences";
const DEFAULTS: Preferences = { theme: "system", showIgnored: false, wrapLines: false, treeWidth: 264 };

export class PreferenceStore {
  #value: Preferences;
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem"> | null,
    private readonly root: HTMLElement,
  ) {
    this.#value = read(storage);
    this.#apply();
  }

  get = (): Preferences => this.#value;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  change(change: Partial<Preferences>): void {
    this.#value = { ...this.#value, ...change };
    this.#apply();
    try {
      this.storage?.setItem(KEY, JSON.stringify(this.#value));
    } catch {
      // Refused storage: the choice holds until the page closes.
    }
    for (const listener of this.#listeners) listener();
  }

  #apply(): void {
    const { theme } = this.#value;
    if (theme === "system") delete this.root.dataset.theme;
    else this.root.dataset.theme = theme;
  }
}

function read(storage: Pick<Storage, "getItem"> | null): Preferences {
  try {
    const saved = JSON.parse(storage?.getItem(KEY) ?? "{}") as Partial<Preferences>;
    return {
      theme: saved.theme === "light" || saved.theme === "dark" ? saved.theme : DEFAULTS.theme,
      showIgnored: saved.showIgnored === true,
      wrapLines: saved.wrapLines === true,
      treeWidth: Number.isFinite(saved.treeWidth) ? Number(saved.treeWidth) : DEFAULTS.treeWidth,
    };
  } catch {
    // Anything may stand in the storage; looks are not worth failing for.
    return DEFAULTS;
  }
}

/** The browser's storage, or null where it is refused. */
export function pageStorage(page: Window): Storage | null {
  try {
    return page.localStorage;
  } catch {
    return null;
  }
}

const THEMES = ["system", "light", "dark"] as const satisfies readonly Theme[];

/** The theme that a press of the theme button goes on to. */
export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
}
