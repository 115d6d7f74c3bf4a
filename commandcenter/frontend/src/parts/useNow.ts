/*
 * The time, for texts like "5 min ago": one timer for whatever is shown.
 */
import { useEffect, useState } from "react";

/** The current time in milliseconds; changes every 15 s. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
