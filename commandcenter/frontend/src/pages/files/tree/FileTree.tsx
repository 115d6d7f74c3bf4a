/*
 * The tree of the folder: virtual rows with the keys and roles of a tree view. The tree itself keeps the focus and names
 * the marked row, so that rows may come and go while it is scrolled.
 */
import { classNames } from "@cchub/kit";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronRight, CornerDownRight, File, Folder, FolderOpen, type LucideIcon } from "lucide-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import type { FileEntry } from "../../../api/files";
import { useScale } from "../../../parts/screen";
import styles from "./FileTree.module.css";
import { moveOf, typedTo, type EntryRow, type TreeRow } from "./rows";
import type { Tree } from "./useTree";

const ROW = 26;
/** Letters typed within this time make one word, in milliseconds. */
const TYPING = 700;

export interface FileTreeProps {
  tree: Tree;
  /** Id of the file that is shown. */
  shown: string | null;
  /** Ids of files with unsaved changes. */
  unsaved: ReadonlySet<string>;
  onOpen: (entry: FileEntry) => void;
}

export function FileTree({ tree, shown, unsaved, onOpen }: FileTreeProps) {
  const { rows } = tree;
  const box = useRef<HTMLDivElement>(null);
  const scale = useScale();
  const treeId = useId();
  const [active, setActive] = useMarked(rows, shown);
  const typed = useRef({ text: "", at: 0 });
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW * scale,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
  });
  useEffect(() => list.measure(), [list, scale]);
  const activeIndex = rows.findIndex((row) => row.key === active);
  useEffect(() => {
    if (activeIndex >= 0) list.scrollToIndex(activeIndex, { align: "auto" });
  }, [list, activeIndex]);

  const choose = (row: EntryRow) => {
    setActive(row.key);
    if (row.expanded === null) onOpen(row.entry);
    else if (row.expanded) tree.collapse(row.key);
    else tree.expand(row.key);
  };
  const type = (letter: string): string | null => {
    const now = Date.now();
    const text = now - typed.current.at < TYPING ? typed.current.text + letter : letter;
    typed.current = { text, at: now };
    return typedTo(rows, active, text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moveOf(rows, active, event.key);
    if (move?.kind === "focus") setActive(move.key);
    else if (move?.kind === "expand") tree.expand(move.id);
    else if (move?.kind === "collapse") tree.collapse(move.id);
    else if (move?.kind === "open") onOpen(move.entry);
    else if (/^[\p{L}\p{N}._-]$/u.test(event.key)) {
      const key = type(event.key);
      if (key !== null) setActive(key);
    } else return;
    event.preventDefault();
  };
  const items = list.getVirtualItems();
  const isDrawn = items.some((item) => item.index === activeIndex);
  // While it loads, and in an empty folder, there are only words: a tree without a branch would be none.
  const isTree = items.some((item) => rows[item.index]?.kind === "entry");
  return (
    <div
      ref={box}
      className={styles.tree}
      role={isTree ? "tree" : "group"}
      aria-label="Files"
      tabIndex={0}
      aria-activedescendant={isDrawn ? `${treeId}-${activeIndex}` : undefined}
      onKeyDown={onKeyDown}
      data-testid="file-tree"
    >
      <div role="none" className={styles.space} style={{ height: list.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const place = { height: item.size, transform: `translateY(${item.start}px)`, "--level": row.level };
          return row.kind === "entry" ? (
            <EntryItem
              key={item.key}
              id={`${treeId}-${item.index}`}
              row={row}
              style={place}
              active={row.key === active}
              shown={row.key === shown}
              unsaved={unsaved.has(row.key)}
              onChoose={() => choose(row)}
            />
          ) : (
            <div key={item.key} role="none" className={styles.note} style={place} data-tone={row.tone}>
              {row.text}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The marked row: the file that is shown, until the keys move on. */
function useMarked(rows: readonly TreeRow[], shown: string | null): [string | null, (key: string) => void] {
  const [state, setState] = useState<{ key: string | null; shown: string | null }>({ key: null, shown: null });
  if (shown !== state.shown) setState({ key: shown ?? state.key, shown });
  const first = rows.find((row) => row.kind === "entry")?.key ?? null;
  return [state.key ?? first, (key) => setState({ key, shown })];
}

interface EntryItemProps {
  id: string;
  row: EntryRow;
  style: React.CSSProperties;
  active: boolean;
  shown: boolean;
  unsaved: boolean;
  onChoose: () => void;
}

function iconOf({ entry, expanded }: EntryRow): LucideIcon {
  if (entry.kind === "link") return CornerDownRight;
  if (expanded === null) return File;
  return expanded ? FolderOpen : Folder;
}

function EntryItem({ id, row, style, active, shown, unsaved, onChoose }: EntryItemProps) {
  const { entry, expanded } = row;
  const Icon = iconOf(row);
  const about = entry.error ?? (entry.outside ? "Leads out of the folder" : null);
  return (
    // The tree keeps the focus and handles the keys for its items.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={id}
      role="treeitem"
      tabIndex={-1}
      aria-level={row.level}
      aria-posinset={row.place}
      aria-setsize={row.siblings}
      aria-expanded={expanded ?? undefined}
      aria-selected={shown}
      className={classNames(
        styles.entry,
        active && styles.active,
        shown && styles.shown,
        entry.ignored && styles.ignored,
      )}
      style={style}
      title={[entry.path, entry.target === null ? null : `→ ${entry.target}`, about].filter(Boolean).join("\n")}
      onClick={onChoose}
      data-testid="tree-entry"
    >
      <ChevronRight
        size={14}
        aria-hidden="true"
        className={classNames(styles.chevron, expanded === null && styles.none, expanded && styles.open)}
      />
      <Icon size={15} aria-hidden="true" className={styles.icon} />
      <span className={styles.name}>{entry.name}</span>
      {unsaved ? <span className={styles.unsaved}>unsaved</span> : null}
      {about ? <span className="visually-hidden">{about}</span> : null}
    </div>
  );
}
