/*
 * Holds the place of what is on its way: a few grey lines, after 150 ms.
 */
import { Skeleton } from "@cchub/kit";
import styles from "./Loading.module.css";

const WIDTHS = ["38%", "72%", "64%", "80%", "45%", "58%"];

export function Loading({ lines = 4, what }: { lines?: number; /** Spoken, e.g. "the notes". */ what: string }) {
  return (
    <div className={styles.loading} role="status" data-testid="loading">
      <span className="visually-hidden">Loading {what}</span>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} width={WIDTHS[line % WIDTHS.length] ?? "60%"} />
      ))}
    </div>
  );
}
