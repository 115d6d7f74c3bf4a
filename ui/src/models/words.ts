/*
 * Numbers and times as people read them. Every figure carries its unit.
 */

/** How long ago, in one unit: "just now", "2 s ago", "3 min ago". Times ahead count as now. */
export function ago(at: number, now: number): string {
  const words = duration(now - at);
  return words === "" ? "just now" : `${words} ago`;
}

/** A span in its largest whole unit; empty below one second. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 1) return "";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A measured span: two decimals below ten seconds, one below a minute. */
export function measured(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

const NUMBER = new Intl.NumberFormat("en");

/** Thousands separated by commas. */
export function count(value: number): string {
  return NUMBER.format(value);
}

/** "1 line", "2 lines". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Percent of one core, without decimals. */
export function cpu(percent: number): string {
  return `${Math.round(percent)} %`;
}

/** Memory used out of what is allowed. */
export function memory(used: number, allowed: number): string {
  return `${count(Math.round(used))} of ${count(allowed)} MB`;
}

/** Begins with a capital, as a sentence does; a path or name in front stays as it is. */
export function capitalised(text: string): string {
  return /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** The last part of a path of either kind of system. */
export function folderName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}
