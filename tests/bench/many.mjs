/*
 * What many projects cost: five stacks that nobody uses, and two hundred registered folders.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { median, timed } from "./measure.mjs";

const STACKS = 5;
const REGISTERED = 200;
/** How long nobody does anything, in milliseconds. */
const IDLE = 30_000;
/** The kernel counts processor time in hundredths of a second. */
const TICKS = 100;

function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function megabytes(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Math.round(Number(kilobytes) / 1000);
}

/** Seconds of processor time that processes used while nobody did anything; one that ended counts as idle. */
async function usedWhileIdle(pids, span = IDLE) {
  const before = pids.map(processorSeconds);
  await new Promise((resolve) => setTimeout(resolve, span));
  const used = pids.map((pid, i) => {
    try {
      return processorSeconds(pid) - before[i];
    } catch {
      return 0;
    }
  });
  return used.reduce((sum, one) => sum + one, 0);
}

/** A workbench that was just started looks at its folder once; waits until that is over, a minute at most. */
async function settled(pids) {
  for (let looks = 0; looks < 30; looks += 1) {
    if ((await usedWhileIdle(pids, 2000)) < 0.1) return;
  }
}

/**
 * Registers and starts projects on a Hub that runs.
 *
 * @param {(...words: string[]) => string} hub runs `cchub`
 * @param {string} home its home
 * @param {string} folder where the projects' folders are made
 * @param {() => number[]} everything processes of that home
 */
export async function manyProjects(hub, home, folder, everything) {
  const rows = [];
  const add = (name) => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true, mode: 0o755 });
    return JSON.parse(hub("add", path, "--json")).id;
  };
  const { pid } = JSON.parse(readFileSync(join(home, "hub.json"), "utf8"));
  const stacks = Array.from({ length: STACKS }, (_, i) => add(`stack-${i}`));
  for (const id of stacks) hub("start", id, "--json");
  await settled(everything());
  const percent = (used) => `${((used / (IDLE / 1000)) * 100).toFixed(2)} % of a core`;
  const [ofHub, ofAll] = await Promise.all([usedWhileIdle([pid]), usedWhileIdle(everything())]);
  rows.push([`${STACKS} stacks that nobody uses: the Hub`, `${percent(ofHub)}, ${megabytes(pid)} MB`]);
  rows.push([`${STACKS} stacks that nobody uses: the Hub, guardians and all services`, percent(ofAll)]);
  for (const id of stacks) hub("stop", id, "--json");
  for (let i = 0; i < REGISTERED; i += 1) add(`registered-${i}`);
  const list = Array.from({ length: 10 }, () => timed(() => hub("list"))[0]);
  rows.push([`${REGISTERED} registered folders: the Hub`, `${megabytes(pid)} MB`]);
  rows.push([`${REGISTERED} registered folders: cchub list`, `${median(list).toFixed(1)} ms`]);
  return rows;
}
