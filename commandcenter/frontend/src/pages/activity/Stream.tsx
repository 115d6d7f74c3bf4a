/*
 * The lines of the stream, only those in sight drawn.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useImperativeHandle, useMemo, useRef, useState, type Ref } from "react";
import { lines, type StreamEntry } from "../../models/activity";
import { useNow } from "../../parts/useNow";
import { EventRow } from "./EventRow";
import styles from "./Stream.module.css";

export interface StreamHandle {
  toTop: () => void;
}

export interface StreamProps {
  entries: readonly StreamEntry[];
  /** What notes and tasks are called, by their ids. */
  names: ReadonlyMap<string, string>;
  /** The reader came to the top, or left it. */
  onTop: (atTop: boolean) => void;
  /** The end is in sight: older lines are wanted. */
  onEnd: () => void;
  /** What stands under the oldest line. */
  end: string;
  ref?: Ref<StreamHandle>;
}

const ROW = 34;
const HEADING = 32;
/** Lines drawn beyond the edge. */
const SPARE = 12;

export function Stream({ entries, names, onTop, onEnd, end, ref }: StreamProps) {
  const box = useRef<HTMLDivElement>(null);
  const now = useNow();
  const all = useMemo(() => lines(entries, now), [entries, now]);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const virtual = useVirtualizer({
    count: all.length,
    getScrollElement: () => box.current,
    estimateSize: (at) => (all[at]?.line === "heading" ? HEADING : ROW),
    getItemKey: (at) => all[at]?.key ?? at,
    overscan: SPARE,
  });
  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1)?.index ?? -1;
  useImperativeHandle(ref, () => ({ toTop: () => box.current?.scrollTo({ top: 0 }) }));
  // Also where nothing is left by the filter: what fits may be older.
  const isNearEnd = last >= all.length - 1;
  useEffect(() => {
    if (isNearEnd) onEnd();
  }, [isNearEnd, all.length, onEnd]);
  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  return (
    <div
      ref={box}
      className={styles.box}
      // A scrolled area has to be reachable by the keyboard.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="region"
      aria-label="Events, newest first"
      onScroll={(event) => onTop(event.currentTarget.scrollTop < 4)}
      data-testid="stream"
    >
      <ol className={styles.lines} style={{ height: virtual.getTotalSize() }}>
        {drawn.map(({ index, key, start }) => {
          const line = all[index];
          if (!line) return null;
          return (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              className={styles.line}
              style={{ transform: `translateY(${start}px)` }}
            >
              {line.line === "heading" ? (
                <h2 className={styles.heading}>{line.words}</h2>
              ) : (
                <EventRow
                  entry={line.entry}
                  name={nameOf(line.entry, names)}
                  open={open.has(line.key)}
                  onToggle={() => toggle(line.key)}
                />
              )}
            </li>
          );
        })}
      </ol>
      {all.length > 0 && end !== "" ? <p className={styles.end}>{end}</p> : null}
    </div>
  );
}

function nameOf({ data: { id } }: StreamEntry, names: StreamProps["names"]): string | undefined {
  return typeof id === "string" ? names.get(id) : undefined;
}
