/*
 * What the scripts print: headings, steps with their time, and failures that say what to do. Colour only on a terminal.
 */
const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

/** A failure whose words are meant for the user; it needs no stack trace. */
export class Advice extends Error {
  /** @param {string} message what happened @param {string} [action] what to do about it */
  constructor(message, action) {
    super(action === undefined ? message : `${message}\n${action}`);
    this.name = "Advice";
  }
}

export const heading = (text) => console.log(`\n${paint("1", text)}`);
export const note = (text) => console.log(paint("2", `  ${text}`));
export const warn = (text) => console.log(paint("33", `  ${text}`));

/** A span of time in words, e.g. `850 ms`, `12.4 s`, `3 min 05 s`. */
export function span(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Does one step, saying so before, and how long it took after. */
export async function step(title, work) {
  console.log(`${paint("36", "→")} ${title}`);
  const begun = Date.now();
  const result = await work();
  note(`done in ${span(Date.now() - begun)}`);
  return result;
}

/** Runs a script's main function and ends the process with its exit code. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (fault) {
    console.error(`\n${paint("31", "Stopped:")} ${fault instanceof Advice ? fault.message : (fault?.stack ?? fault)}`);
    process.exitCode = 1;
  }
}
