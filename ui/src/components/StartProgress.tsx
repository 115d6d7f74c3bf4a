/*
 * How far a start is: the step in words, its amount where known, the time so far.
 */
import type { ProjectView } from "../api";
import { count, measured } from "../models/words";
import { useFrameTime } from "./frameTime";
import styles from "./StartProgress.module.css";

type Starting = Extract<ProjectView["state"], { state: "starting" }>;

export function StartProgress({ state }: { state: Starting }) {
  const now = useFrameTime(true);
  const { step, done, whole } = state.doing;
  const part = done !== null && whole !== null && whole > 0 ? Math.min(1, done / whole) : null;
  return (
    <div className={styles.progress} data-testid="start-progress">
      <div className={styles.words}>
        <span role="status">{step}</span>
        {done !== null && whole !== null ? <span className={styles.amount}>{amount(done, whole)}</span> : null}
        <span className={styles.time}>{measured(now - state.since)}</span>
      </div>
      <div
        className={styles.lane}
        role="progressbar"
        aria-label={step}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(part === null ? {} : { "aria-valuenow": Math.round(part * 100) })}
      >
        <div
          className={part === null ? styles.unknown : styles.bar}
          style={{ width: part === null ? "30%" : `${part * 100}%` }}
        />
      </div>
    </div>
  );
}

/** Bytes are told in MB; anything small is a count of things. */
function amount(done: number, whole: number): string {
  if (whole < 100_000) return `${count(done)} of ${count(whole)}`;
  const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1);
  return `${megabytes(done)} of ${megabytes(whole)} MB`;
}
