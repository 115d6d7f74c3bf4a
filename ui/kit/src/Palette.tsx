/*
 * The command palette: type a few letters, choose with the arrow keys, run with Enter.
 * Knows nothing of what the entries do. Entries that match at a word's start come first; the given order breaks ties.
 */
import { useState, type ReactNode } from "react";
import { Finder } from "./Finder";
import { ShortcutKeys } from "./Kbd";
import styles from "./Palette.module.css";

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
  /** What else can be done with the words that are typed: offered below the entries that match. */
  otherwise?: (words: string) => readonly PaletteEntry[];
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

export function Palette({
  open,
  onClose,
  entries,
  placeholder = "Type a command or a project",
  otherwise = () => [],
}: PaletteProps) {
  const [query, setQuery] = useState("");
  const words = query.trim();
  const others = words === "" ? [] : otherwise(words);
  const options = [...rankEntries(entries, query), ...others].map((entry) => ({
    id: entry.id,
    icon: entry.icon,
    content: (
      <>
        <span>{entry.title}</span>
        {entry.subject ? <span className={styles.subject}>{entry.subject}</span> : null}
        <span className={styles.gap} />
        {entry.shortcut ? <ShortcutKeys keys={entry.shortcut} /> : null}
      </>
    ),
    run: entry.run,
  }));
  return (
    <Finder
      open={open}
      onClose={onClose}
      label="Commands"
      placeholder={placeholder}
      query={query}
      onQuery={setQuery}
      options={options}
      empty={`Nothing matches “${query}”.`}
      data-testid="palette"
    />
  );
}
