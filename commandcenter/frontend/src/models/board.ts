/*
 * The task board as a value: which card is where, where a key or a drop takes it, and how that is said aloud. Pure; the
 * server numbers the places, and a number between two neighbours stands in for it until it has answered.
 */

/** The board's columns, in their order. */
export const COLUMNS = ["todo", "doing", "done"] as const;
export type Column = (typeof COLUMNS)[number];

export const COLUMN_WORDS: Readonly<Record<Column, string>> = { todo: "To do", doing: "Doing", done: "Done" };

/** What the board needs to know of a task. */
export interface Placed {
  id: string;
  title: string;
  column: Column;
  position: number;
}

/** Where a card goes: into a column, before the card with this id, or to the end. */
export interface Target {
  column: Column;
  before: string | null;
}

export type Direction = "up" | "down" | "left" | "right" | "top" | "bottom";

/** Cards of each column, in their order. */
export function columnsOf<T extends Placed>(tasks: readonly T[]): Record<Column, T[]> {
  const columns: Record<Column, T[]> = { todo: [], doing: [], done: [] };
  for (const task of tasks) columns[task.column].push(task);
  for (const column of COLUMNS) {
    columns[column].sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
  }
  return columns;
}

/** The board as it is once the card has gone to `target`; the others stay as they are. */
export function moved<T extends Placed>(tasks: readonly T[], id: string, target: Target): T[] {
  const others = columnsOf(tasks.filter((task) => task.id !== id))[target.column];
  const at = target.before === null ? others.length : others.findIndex((task) => task.id === target.before);
  const place = at < 0 ? others.length : at;
  const [above, below] = [others[place - 1]?.position, others[place]?.position];
  const position =
    above === undefined ? (below ?? 2) - 1 : below === undefined ? above + 1 : above + (below - above) / 2;
  return tasks.map((task) => (task.id === id ? { ...task, column: target.column, position } : task));
}

/** Where one step takes the card among those that are shown; null at the board's edge. */
export function step(shown: readonly Placed[], id: string, direction: Direction): Target | null {
  const columns = columnsOf(shown);
  const column = COLUMNS.find((name) => columns[name].some((task) => task.id === id));
  if (!column) return null;
  const cards = columns[column];
  const at = cards.findIndex((task) => task.id === id);
  switch (direction) {
    case "up":
      return at === 0 ? null : { column, before: cards[at - 1]?.id ?? null };
    case "down":
      return at === cards.length - 1 ? null : { column, before: cards[at + 2]?.id ?? null };
    case "top":
      return at === 0 ? null : { column, before: cards[0]?.id ?? null };
    case "bottom":
      return at === cards.length - 1 ? null : { column, before: null };
    case "left":
    case "right": {
      const next = COLUMNS[COLUMNS.indexOf(column) + (direction === "left" ? -1 : 1)];
      return next ? { column: next, before: columns[next][at]?.id ?? null } : null;
    }
  }
}

/** The card that the focus goes to from this one; null when there is none that way. */
export function neighbour(shown: readonly Placed[], id: string, direction: Direction): string | null {
  const columns = columnsOf(shown);
  const from = COLUMNS.findIndex((name) => columns[name].some((task) => task.id === id));
  const cards = columns[COLUMNS[from] ?? "todo"];
  const at = cards.findIndex((task) => task.id === id);
  if (at < 0) return null;
  if (direction === "up") return cards[at - 1]?.id ?? null;
  if (direction === "down") return cards[at + 1]?.id ?? null;
  if (direction === "top") return cards[0]?.id ?? null;
  if (direction === "bottom") return cards.at(-1)?.id ?? null;
  const others = direction === "left" ? COLUMNS.slice(0, from).reverse() : COLUMNS.slice(from + 1);
  // An empty column has nothing to focus: the one behind it is next.
  const cardsThere = others.map((name) => columns[name]).find((list) => list.length > 0);
  return cardsThere?.[Math.min(at, cardsThere.length - 1)]?.id ?? null;
}

/** Where a card is, in words for a live region: "Doing, 2 of 5". */
export function whereabouts(tasks: readonly Placed[], id: string): string {
  const columns = columnsOf(tasks);
  for (const column of COLUMNS) {
    const at = columns[column].findIndex((task) => task.id === id);
    if (at >= 0) return `${COLUMN_WORDS[column]}, ${at + 1} of ${columns[column].length}`;
  }
  return "not on the board";
}

/** Labels of all tasks, each once, in alphabetical order. */
export function labelsOf(tasks: readonly { labels: readonly string[] }[]): string[] {
  return [...new Set(tasks.flatMap((task) => task.labels))].sort((a, b) => a.localeCompare(b));
}

/** Whether a task has every word of the query, in its title, text or labels, and the label that is asked for. */
export function fits(
  task: { title: string; body: string; labels: readonly string[] },
  query: string,
  label: string | null,
): boolean {
  if (label !== null && !task.labels.includes(label)) return false;
  const text = [task.title, task.body, ...task.labels].join("\n").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export interface Due {
  words: string;
  /** Late or today: worth a colour, beside the words. */
  urgency: "late" | "today" | "later";
}

const DAY = 86_400_000;

/** How far a due date ("2026-01-31") is from the local day of `now`. */
export function dueIn(due: string, now: number): Due {
  const today = new Date(now);
  const midnight = Date.UTC(today.getFullYear(), today.getMonth(), today.getDate());
  const days = Math.round((Date.parse(`${due}T00:00:00Z`) - midnight) / DAY);
  if (days < 0) return { words: days === -1 ? "due yesterday" : `${-days} days late`, urgency: "late" };
  if (days === 0) return { words: "due today", urgency: "today" };
  if (days === 1) return { words: "due tomorrow", urgency: "later" };
  if (days < 7) return { words: `due in ${days} days`, urgency: "later" };
  const sameYear = due.startsWith(String(today.getFullYear()));
  const date = new Date(`${due}T00:00:00Z`);
  const words = date.toLocaleDateString("en", {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
    ...(sameYear ? {} : { year: "numeric" }),
  });
  return { words: `due ${words}`, urgency: "later" };
}
