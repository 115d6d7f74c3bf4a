/*
 * Values of the database and the cache as text. Pure.
 */
import type { Cell } from "../api/peek";

/** A cell in one line; null is told apart from an empty text by the caller. */
export function cellText(cell: Cell): string {
  return cell === null ? "" : String(cell);
}

/** A text laid out anew where it is JSON of some depth; as it is otherwise. */
export function laidOut(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export interface KeyedValue {
  name: string;
  value: string;
}

/** A Redis value as rows: members by place or with their scores, fields by name. A plain text gives null. */
export function valueRows(value: unknown): KeyedValue[] | null {
  if (Array.isArray(value)) return (value as unknown[]).map((one, at) => pairOf(one, at));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([name, one]) => ({ name, value: asText(one) }));
  }
  return null;
}

/** A member with its score, an entry of a stream with its fields, or a member alone with its place. */
function pairOf(one: unknown, at: number): KeyedValue {
  const { member, score, id, fields } = (typeof one === "object" && one !== null ? one : {}) as Record<string, unknown>;
  if (member !== undefined) return { name: asText(member), value: asText(score) };
  if (fields !== undefined) return { name: asText(id), value: asText(fields) };
  return { name: String(at), value: asText(one) };
}

export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined ? "" : JSON.stringify(value);
}

/** How long a key lives yet: "for ever", "42 s", "3 min". */
export function lifetime(left: number | null): string {
  if (left === null) return "for ever";
  const seconds = Math.ceil(left);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export interface ErrorPlace {
  line: number;
  /** The line itself, and how many characters of it stand before the fault. */
  text: string;
  before: string;
}

/** The line of a statement that a fault points into; null where the position lies outside. Positions count from 1. */
export function errorPlace(sql: string, position: number): ErrorPlace | null {
  const points = Array.from(sql);
  if (!Number.isInteger(position) || position < 1 || position > points.length + 1) return null;
  const head = points.slice(0, position - 1).join("");
  const begin = head.lastIndexOf("\n") + 1;
  const end = sql.indexOf("\n", begin);
  return {
    line: head.split("\n").length,
    text: sql.slice(begin, end < 0 ? undefined : end),
    before: head.slice(begin),
  };
}
