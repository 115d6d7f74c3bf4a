/*
 * How much larger rows of known height are on very wide screens, where app.css makes the type larger.
 */
import { useSyncExternalStore } from "react";

const WIDE = "(min-width: 2560px)";
const SCALE = 1.25;

function subscribe(listener: () => void): () => void {
  const media = window.matchMedia(WIDE);
  media.addEventListener("change", listener);
  return () => media.removeEventListener("change", listener);
}

/** 1, or more on a very wide screen. */
export function useScale(): number {
  return useSyncExternalStore(subscribe, () => (window.matchMedia(WIDE).matches ? SCALE : 1));
}
