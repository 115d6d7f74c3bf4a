/*
 * What the width of the screen changes in what is computed rather than styled. The same widths stand in the styles.
 */
import { useSyncExternalStore } from "react";

/** Follows a media query. */
function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** How much larger rows of known height are: 1, or more on a very wide screen, where app.css makes the type larger. */
export function useScale(): number {
  return useMedia("(min-width: 2560px)") ? 1.25 : 1;
}

/** A phone's width: one thing at a time. */
export function useNarrow(): boolean {
  return useMedia("(max-width: 639px)");
}
