/*
 * Figures and times in words.
 */
import type { IndexStatus } from "./api/search";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** A size with its unit: "1.2 MB". */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? "B"}`;
}

/** A count with its noun: "1 file", "2,000 files". */
export function count(value: number, noun: string): string {
  return `${value.toLocaleString("en")} ${noun}${value === 1 ? "" : "s"}`;
}

const DAYS_OF_MONTH = 30.44;
const DAYS_OF_YEAR = 365.25;

/** How long ago a moment was: "5 min ago". */
export function ago(moment: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(moment)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = seconds / 86_400;
  if (days < 60) return `${Math.floor(days)} d ago`;
  if (days < 2 * DAYS_OF_YEAR) return `${Math.floor(days / DAYS_OF_MONTH)} mo ago`;
  return `${Math.floor(days / DAYS_OF_YEAR)} y ago`;
}

/** A moment as date and time where the reader is, for whom "2 y ago" is not enough. */
export function dateAndTime(at: string): string {
  return new Date(at).toLocaleString();
}

/** A part of a whole, in per cent without decimals; 0 where the whole is not known. */
export function percent(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.floor((100 * part) / whole)) : 0;
}

export interface IndexWords {
  /** The index is being filled: what is found is not all there is. */
  busy: boolean;
  short: string;
  long: string;
}

/** How the search index stands, in words. */
export function indexWords(index: IndexStatus): IndexWords {
  const { state, done, total, files } = index;
  switch (state) {
    case "scanning":
      return { busy: true, short: "Reading the folder", long: "Reading which files there are" };
    case "indexing":
      return {
        busy: true,
        short: `Indexing ${percent(done, total)} %`,
        long: `Indexing: ${done.toLocaleString("en")} of ${count(total, "file")}`,
      };
    case "paused":
      return { busy: false, short: "Index paused", long: `Index paused at ${count(files, "file")}` };
    case "failed":
      return { busy: false, short: "Index failed", long: index.error ?? "The index could not be made" };
    case "idle":
    case "watching":
      return { busy: false, short: count(files, "file"), long: `${count(files, "file")} searchable` };
  }
}

/** A path in at most so many characters: whole folders go from its middle, the file's name stays. */
export function shortPath(path: string, most = 64): string {
  if (path.length <= most) return path;
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  let shown = name;
  for (const part of parts.toReversed()) {
    if (shown.length + part.length + 3 > most) return `…/${shown}`;
    shown = `${part}/${shown}`;
  }
  return shown;
}

/** What the index leaves out, in words; empty where it leaves out nothing. */
export function skippedWords({ binary, large, unreadable, ignored }: IndexStatus["skipped"]): string {
  const parts = [
    [binary, "binary"],
    [large, "too large"],
    [unreadable, "unreadable"],
    [ignored, "ignored"],
  ] as const;
  return parts
    .filter(([value]) => value > 0)
    .map(([value, why]) => `${value.toLocaleString("en")} ${why}`)
    .join(", ");
}
