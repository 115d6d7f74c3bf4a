/*
 * How a state looks and is called: shape, word and colour, the same triple everywhere. Colour is never the only sign.
 * The shape is decoration to assistive technology; the word is the text. `icons/src` draws the tray from these shapes.
 */
import type { CSSProperties, ReactNode } from "react";
import styles from "./StateMark.module.css";
import { classNames } from "./classNames";

export type StateName =
  | "stopped"
  | "waiting"
  | "starting"
  | "running"
  | "healthy"
  | "degraded"
  | "unhealthy"
  | "stopping"
  | "failed"
  | "gave_up"
  | "asleep"
  | "unknown";

interface StateLook {
  word: string;
  /** Name of the colour token, without its leading dashes. */
  token: string;
  shape: ReactNode;
}

const stroke = { fill: "none", stroke: "currentColor", strokeWidth: 1.75, strokeLinecap: "round" } as const;
const solid = { fill: "currentColor", stroke: "currentColor", strokeWidth: 1.5, strokeLinejoin: "round" } as const;

export const STATES: Readonly<Record<StateName, StateLook>> = {
  stopped: { word: "Stopped", token: "state-stopped", shape: <circle cx="8" cy="8" r="5" {...stroke} /> },
  waiting: {
    word: "Waiting",
    token: "state-waiting",
    shape: <circle cx="8" cy="8" r="5" {...stroke} strokeDasharray="2.2 3.04" strokeLinecap="butt" />,
  },
  starting: {
    word: "Starting",
    token: "state-starting",
    shape: (
      <>
        <circle cx="8" cy="8" r="5.4" {...stroke} />
        <path d="M8 8V4.4A3.6 3.6 0 0 1 11.6 8Z" fill="currentColor" />
      </>
    ),
  },
  running: {
    word: "Running, unproven",
    token: "state-running",
    shape: <circle cx="8" cy="8" r="5" fill="currentColor" />,
  },
  healthy: {
    word: "Healthy",
    token: "state-healthy",
    shape: <path d="m3 8.6 3.3 3.3L13 4.6" {...stroke} strokeWidth={2.2} strokeLinejoin="round" />,
  },
  degraded: { word: "Degraded", token: "state-degraded", shape: <path d="M8 3 13.6 12.6H2.4Z" {...solid} /> },
  unhealthy: { word: "Unhealthy", token: "state-failed", shape: <path d="M8 13 2.4 3.4h11.2Z" {...solid} /> },
  stopping: {
    word: "Stopping",
    token: "state-stopped",
    shape: (
      <>
        <circle cx="8" cy="8" r="5" {...stroke} />
        <path d="M8 3a5 5 0 0 1 0 10Z" fill="currentColor" />
      </>
    ),
  },
  failed: {
    word: "Failed",
    token: "state-failed",
    shape: <path d="m4 4 8 8m0-8-8 8" {...stroke} strokeWidth={2.2} />,
  },
  gave_up: {
    word: "Gave up",
    token: "state-failed",
    shape: <rect x="3.5" y="3.5" width="9" height="9" rx="0.5" {...solid} />,
  },
  asleep: {
    word: "Asleep",
    token: "state-asleep",
    shape: <path d="M12.6 9.8A5.2 5.2 0 0 1 6.2 3.4a5.2 5.2 0 1 0 6.4 6.4Z" {...solid} strokeWidth={1.2} />,
  },
  unknown: {
    word: "Unknown",
    token: "state-unknown",
    shape: (
      <>
        <path d="M5.3 5.6a2.7 2.7 0 1 1 4.2 2.5C8.5 8.8 8 9.2 8 10.1" {...stroke} strokeWidth={2} />
        <circle cx="8" cy="13" r="1.2" fill="currentColor" />
      </>
    ),
  },
};

export interface StateMarkProps {
  state: StateName;
  /** Draws the shape alone; the word stays for assistive technology. */
  bare?: boolean;
  /** Replaces the state's own word, e.g. "Starting 2 of 4". */
  word?: string | undefined;
  size?: number;
  className?: string | undefined;
}

export function StateMark({ state, bare = false, word, size = 16, className }: StateMarkProps) {
  const look = STATES[state];
  const colour: CSSProperties = { color: `var(--${look.token})` };
  return (
    <span className={classNames(styles.mark, className)} style={colour} data-state={state}>
      <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        {look.shape}
      </svg>
      <span className={bare ? styles.hidden : styles.word}>{word ?? look.word}</span>
    </span>
  );
}
