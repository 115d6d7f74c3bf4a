/*
 * Whether the calling component is still shown, for answers that arrive when the user may be elsewhere.
 */
import { useEffect, useRef } from "react";

export function useShown(): { readonly current: boolean } {
  const shown = useRef(false);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  return shown;
}
