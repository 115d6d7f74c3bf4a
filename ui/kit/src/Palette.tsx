/*
 * The command palette: type a few letters, choose with the arrow keys, run with Enter.
 * Knows nothing of what the entries do. Entries that match at a word's start come first; the given order breaks ties.
 */
import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { ShortcutKeys } from "./Kbd";
import styles from "./Palette.module.css";
import { classNames } from "./classNames";

export interface PaletteEntry {
  id: string;
  title: string;
  /** What it acts on, e.g. the project's name. */
  subject?: string;
  icon?: ReactNode;
  shortcut?: string;
  run: () => void;
}

export interface PaletteProps {
  open: boolean;
  onClose: () => void;
  entries: readonly PaletteEntry[];
  placeholder?: string;
}

function score(entry: PaletteEntry, words: readonly string[]): number | undefined {
  const text = `${entry.title} ${entry.subject ?? ""}`.toLowerCase();
  let total = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return undefined;
    const before = text[at - 1];
    total += at === 0 ? 0 : before === " " || before === "-" || before === "/" ? 1 : 2;
  }
  return total;
}

/** Entries that hold every word of the query, best first. */
export function rankEntries(entries: readonly PaletteEntry[], query: string): PaletteEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return entries
    .map((entry, order) => ({ entry, order, score: score(entry, words) }))
    .filter((row): row is typeof row & { score: number } => row.score !== undefined)
    .sort((a, b) => a.score - b.score || a.order - b.order)
    .map((row) => row.entry);
}

export function Palette(props: PaletteProps) {
  return (
    <BaseDialog.Root open={props.open} onOpenChange={(next) => (next ? undefined : props.onClose())}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={styles.backdrop} />
        <BaseDialog.Popup className={styles.popup} aria-label="Commands" data-testid="palette">
          <PaletteBody {...props} />
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

function PaletteBody({ entries, onClose, placeholder = "Type a command or a project" }: PaletteProps) {
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const found = rankEntries(entries, query);
  const active = Math.min(chosen, found.length - 1);

  const choose = (index: number) => {
    setChosen(index);
    list.current?.children[index]?.scrollIntoView({ block: "nearest" });
  };
  const run = (entry: PaletteEntry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") choose((active + 1) % Math.max(1, found.length));
    else if (event.key === "ArrowUp") choose((active - 1 + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[active]);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <input
        className={styles.input}
        role="combobox"
        aria-label="Search commands"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={found[active] ? `${listId}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={list} id={listId} role="listbox" aria-label="Commands" className={styles.list}>
        {found.map((entry, index) => (
          // The combobox input keeps the focus and handles the keys for its options.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={entry.id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className={classNames(styles.entry, index === active && styles.active)}
            onMouseMove={() => setChosen(index)}
            onClick={() => run(entry)}
          >
            <span className={styles.icon}>{entry.icon}</span>
            <span>{entry.title}</span>
            {entry.subject ? <span className={styles.subject}>{entry.subject}</span> : null}
            <span className={styles.gap} />
            {entry.shortcut ? <ShortcutKeys keys={entry.shortcut} /> : null}
          </div>
        ))}
      </div>
      {found.length === 0 ? <p className={styles.none}>Nothing matches “{query}”.</p> : null}
    </>
  );
}
