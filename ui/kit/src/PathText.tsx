/*
 * A path in one line: shortened in the middle, whole on hover, copied on click.
 */
import { useLayoutEffect, useRef, useState } from "react";
import styles from "./PathText.module.css";
import { classNames } from "./classNames";
import { toast } from "./Toast";

/** Shortens `text` to at most `max` characters by leaving out its middle; the end (the folder's name) stays longest. */
export function shortenMiddle(text: string, max: number): string {
  const points = Array.from(text);
  if (points.length <= max) return text;
  if (max <= 1) return "…";
  const tail = Math.ceil((max - 1) * 0.6);
  const head = max - 1 - tail;
  return `${points.slice(0, head).join("")}…${points.slice(points.length - tail).join("")}`;
}

export interface PathTextProps {
  path: string;
  /** Shown in place of a leading home folder. */
  home?: string | undefined;
  className?: string | undefined;
}

export function PathText({ path, home, className }: PathTextProps) {
  const box = useRef<HTMLButtonElement>(null);
  const [columns, setColumns] = useState(48);
  const shown = home && (path === home || path.startsWith(`${home}/`)) ? `~${path.slice(home.length)}` : path;

  useLayoutEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const watch = new ResizeObserver(([entry]) => {
      // The monospaced font is 12 px high and 0.6 em wide; a wider fallback is cut by CSS.
      if (entry) setColumns(Math.max(8, Math.floor(entry.contentRect.width / 7.3)));
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  return (
    <button
      ref={box}
      type="button"
      className={classNames(styles.path, className)}
      title={path}
      onClick={async (event) => {
        event.stopPropagation();
        event.preventDefault();
        try {
          await navigator.clipboard.writeText(path);
          toast({ title: "Path copied", description: path });
        } catch {
          toast({ title: "The path could not be copied", description: path, tone: "failed" });
        }
      }}
    >
      <span aria-hidden="true">{shortenMiddle(shown, columns)}</span>
      <span className={styles.hidden}>Copy path {path}</span>
    </button>
  );
}
