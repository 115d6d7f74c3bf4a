/*
 * How this window looks, remembered by the web view itself. What the Hub must know is a setting of the Hub instead.
 * `public/theme.js` reads the theme before the first paint; the key's name and shape are shared with it.
 */
import { Store } from "./store";

export type Theme = "system" | "light" | "dark";

export interface Preferences {
  theme: Theme;
  logWrap: boolean;
  logTimestamps: boolean;
}

export const PREFERENCES_KEY = "cchub.preferences";
const DEFAULTS: Preferences = { theme: "system", logWrap: true, logTimestamps: false };

function read(storage: Pick<Storage, "getItem">): Preferences {
  try {
    const saved = JSON.parse(storage.getItem(PREFERENCES_KEY) ?? "{}") as Partial<Preferences>;
    return {
      theme: saved.theme === "light" || saved.theme === "dark" ? saved.theme : DEFAULTS.theme,
      logWrap: typeof saved.logWrap === "boolean" ? saved.logWrap : DEFAULTS.logWrap,
      logTimestamps: typeof saved.logTimestamps === "boolean" ? saved.logTimestamps : DEFAULTS.logTimestamps,
    };
  } catch {
    // A web view may refuse storage, and anything may stand in it; looks are not worth failing for.
    return DEFAULTS;
  }
}

export class PreferenceStore extends Store<Preferences> {
  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem">,
    private readonly root: HTMLElement,
  ) {
    super(read(storage));
    this.#apply();
  }

  change(change: Partial<Preferences>): void {
    this.patch(change);
    this.#apply();
    try {
      this.storage.setItem(PREFERENCES_KEY, JSON.stringify(this.get()));
    } catch {
      // Refused storage: the choice holds until the window closes.
    }
  }

  #apply(): void {
    const { theme } = this.get();
    if (theme === "system") delete this.root.dataset.theme;
    else this.root.dataset.theme = theme;
  }
}
