/*
 * The time now, ten times a second while something short-lived is being watched; otherwise it stands still and costs
 * nothing.
 */
import { useEffect, useState } from "react";

const STEP = 100;

export function useFrameTime(active: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => setNow(Date.now()), STEP);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}
