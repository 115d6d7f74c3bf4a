/*
 * The edge between two panes, moved by pointer or with the arrow keys.
 */
import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import styles from "./Splitter.module.css";

export interface SplitterProps {
  label: string;
  /** Width of the pane before it, in pixels. */
  value: number;
  least: number;
  most: number;
  onChange: (value: number) => void;
}

const STEP = 16;

export function Splitter({ label, value, least, most, onChange }: SplitterProps) {
  const start = useRef<{ x: number; value: number } | null>(null);
  const set = (next: number) => onChange(Math.round(Math.min(most, Math.max(least, next))));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") set(value - STEP);
    else if (event.key === "ArrowRight") set(value + STEP);
    else if (event.key === "Home") set(least);
    else if (event.key === "End") set(most);
    else return;
    event.preventDefault();
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, value };
  };
  return (
    // A separator that can be moved is a widget with the focus: this is its pattern.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="separator"
      aria-label={label}
      aria-orientation="vertical"
      aria-valuenow={value}
      aria-valuemin={least}
      aria-valuemax={most}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={styles.splitter}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => {
        if (start.current) set(start.current.value + event.clientX - start.current.x);
      }}
      onPointerUp={() => (start.current = null)}
      onPointerCancel={() => (start.current = null)}
    />
  );
}
