/*
 * A grey bar that holds the place of text on its way. Appears only after 150 ms, so that a quick answer never flickers.
 */
import { useEffect, useState } from "react";
import styles from "./Skeleton.module.css";

/** Turns true once `pending` has lasted `after` milliseconds. */
export function useDelayed(pending: boolean, after = 150): boolean {
  const [due, setDue] = useState(false);
  useEffect(() => {
    if (!pending) return;
    const timer = setTimeout(() => setDue(true), after);
    return () => {
      clearTimeout(timer);
      setDue(false);
    };
  }, [pending, after]);
  return pending && due;
}

export function Skeleton({ width = "100%", height = 12 }: { width?: number | string; height?: number }) {
  const visible = useDelayed(true);
  return <span className={visible ? styles.bar : styles.space} style={{ width, height }} aria-hidden="true" />;
}
