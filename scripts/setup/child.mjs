/*
 * Runs programs: bounded in time, each in a process group of its own, so that nothing outlives the script. A signal to
 * the script ends what it started first.
 */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { Advice, span } from "./say.mjs";
import { root } from "./places.mjs";

const HALF_HOUR = 30 * 60_000;
/** Between the polite signal and the last one. */
const GRACE = 10_000;

/** Between the end of a program and the end of its output. */
const LINGER = 10_000;

const live = new Set();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (live.size === 0) process.exit(130);
    for (const child of live) endGroup(child, signal === "SIGHUP" ? "SIGTERM" : signal);
  });
}

/** Signals the whole group of a child; one that is gone already is fine. */
export function endGroup(child, signal) {
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
  } catch (fault) {
    if (fault.code !== "ESRCH") throw fault;
  }
}

/**
 * Starts a program in its own group; it counts as the script's until it ends.
 *
 * @param {string[]} words the program and its arguments
 * @param {import("node:child_process").SpawnOptions} options
 */
export function start(words, options) {
  const child = spawn(words[0], words.slice(1), {
    cwd: root,
    detached: process.platform !== "win32",
    shell: process.platform === "win32" && ["npm", "npx"].includes(words[0]),
    ...options,
  });
  live.add(child);
  child.once("close", () => live.delete(child));
  child.once("error", () => live.delete(child));
  return child;
}

/**
 * Runs a program to its end.
 *
 * @param {string[]} words the program and its arguments
 * @param {object} [options]
 * @param {"show" | "keep"} [options.output] `show` passes its output on, `keep` only collects it
 * @param {string} [options.log] a file that receives all of its output too
 * @param {number} [options.bound] milliseconds until it is ended
 * @param {(text: string, source: "stdout" | "stderr") => void} [options.onText]
 * @returns {Promise<{code: number, text: string, stdout: string, late: boolean}>} `code` is never 0 when it was ended
 */
export async function run(words, options = {}) {
  const { output = "show", log, bound = HALF_HOUR, onText, cwd = root, env } = options;
  const child = start(words, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const file = log === undefined ? undefined : createWriteStream(log);
  let text = "";
  let stdout = "";
  for (const source of ["stdout", "stderr"]) {
    child[source].setEncoding("utf8").on("data", (piece) => {
      text += piece;
      if (source === "stdout") stdout += piece;
      file?.write(piece);
      onText?.(piece, source);
      if (output === "show") process[source].write(piece);
    });
  }
  let late = false;
  const timers = [
    setTimeout(() => {
      late = true;
      endGroup(child, "SIGTERM");
      timers.push(setTimeout(() => endGroup(child, "SIGKILL"), GRACE));
    }, bound),
  ];
  try {
    const code = await ended(child, words[0]);
    if (late) text += `\n(ended after ${span(bound)}, which is the bound of this step)\n`;
    return { code: late ? 124 : code, text, stdout, late };
  } finally {
    timers.forEach(clearTimeout);
    if (file !== undefined) {
      file.end();
      await finished(file);
    }
  }
}

/** Waits for a child; the shell's convention for signals. */
export function ended(child, name) {
  return new Promise((resolve, reject) => {
    child.once("error", (fault) => reject(new Advice(`${name} could not be started: ${fault.message}`)));
    // Something it left behind may hold its output open; that must not hold this script up.
    child.once("exit", () => {
      const patience = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream?.destroy()), LINGER);
      child.once("close", () => clearTimeout(patience));
    });
    child.once("close", (code, signal) => resolve(signal === null ? code : 128 + (SIGNALS[signal] ?? 0)));
  });
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/** Runs a program that must succeed; its output is shown. */
export async function must(words, options = {}) {
  const result = await run(words, options);
  if (result.code !== 0) {
    const said = options.output === "keep" ? `\n${result.text.trim().split("\n").slice(-40).join("\n")}` : "";
    throw new Advice(`\`${words.join(" ")}\` ended with ${result.code}.${said}`, options.action);
  }
  return result;
}

/** What a program prints, or undefined when it is missing or fails. */
export async function ask(words) {
  try {
    const { code, stdout } = await run(words, { output: "keep", bound: 60_000 });
    return code === 0 ? stdout.trim() : undefined;
  } catch (fault) {
    if (fault instanceof Advice) return undefined;
    throw fault;
  }
}

/** Runs a program that talks to the user on the terminal, such as `sudo`. */
export async function converse(words, env = {}) {
  const child = start(words, { detached: false, stdio: "inherit", env: { ...process.env, ...env } });
  return ended(child, words[0]);
}
