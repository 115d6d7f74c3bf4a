/*
 * `npm run bench`: figures, side by side in one run; nothing here is asserted. Uses release programs.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../scripts/setup/child.mjs";
import { ensurePrograms } from "../../scripts/setup/crates.mjs";
import { ensureNodePackages, ensurePages } from "../../scripts/setup/pages.mjs";
import { built, target } from "../../scripts/setup/places.mjs";
import { heading, main, note } from "../../scripts/setup/say.mjs";
import { manyProjects } from "./many.mjs";
import { median, timed } from "./measure.mjs";
import { searchBench } from "./search.mjs";

const ROUNDS = 10;
/** No wait is longer, in milliseconds. */
const PATIENCE = 60_000;
const cchub = built("cchub", "release");
const home = join(target, "bench-home");
const folder = join(target, "bench-project");

const hubOn =
  (ofHome) =>
  (...words) =>
    execFileSync(cchub, words, {
      env: { ...process.env, CCHUB_HOME: ofHome, CCHUB_KEYRING: "off" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
const hub = hubOn(home);
const seconds = (values) =>
  `${(median(values) / 1000).toFixed(3)} s  (${values.map((v) => (v / 1000).toFixed(2)).join(" ")})`;

async function timedAsync(work) {
  const begun = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

/** What the kernel says a service of the project is running: its command, folder, environment and account. */
function commandOf(pid) {
  const fields = (name) => readFileSync(`/proc/${pid}/${name}`, "utf8").split("\0").filter(Boolean);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)[1]);
  const environ = Object.fromEntries(
    fields("environ").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  return {
    exe: execFileSync("readlink", [`/proc/${pid}/exe`], { encoding: "utf8" }).trim(),
    cwd: execFileSync("readlink", [`/proc/${pid}/cwd`], { encoding: "utf8" }).trim(),
    words: fields("cmdline"),
    environ,
    uid: number("Uid"),
    gid: number("Gid"),
  };
}

/** Waits until an address answers with what is wanted. */
async function answers(url, wanted) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    if (Date.now() > end) throw new Error(`${url} did not answer as wanted within ${PATIENCE / 1000} s`);
    try {
      const text = await (await fetch(url)).text();
      if (text.includes(wanted)) return;
    } catch {
      // Not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The same four commands, all at once, with no order and no supervision. */
async function bare(commands, ports, redisPassword) {
  const children = Object.entries(commands).map(([service, c]) => {
    const words = service === "redis" ? ["-"] : c.words.slice(1);
    const program = service === "backend" ? c.words[0] : c.exe;
    const child = spawn(program, words, {
      cwd: c.cwd,
      env: c.environ,
      uid: c.uid,
      gid: c.gid,
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.stdin.on("error", () => undefined);
    if (service === "redis")
      child.stdin.end(
        `bind 127.0.0.1\nport ${ports.redis}\ndir ${c.cwd}\nrequirepass ${redisPassword}\nappendonly yes\n`,
      );
    else child.stdin.end();
    return { service, child };
  });
  const api = `http://127.0.0.1:${ports.backend}`;
  const up = await timedAsync(() =>
    Promise.all([answers(`${api}/health`, '"status":"ok"'), answers(`http://127.0.0.1:${ports.frontend}/`, api)]),
  );
  const down = await timedAsync(() =>
    Promise.all(
      children.map(
        ({ service, child }) =>
          new Promise((resolve) => {
            child.once("exit", resolve);
            child.kill(service === "postgres" ? "SIGINT" : "SIGTERM");
          }),
      ),
    ),
  );
  return [up, down];
}

/** Processes that belong to the bench's home, apart from this one. */
function survivors() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, "utf8").includes(home) ||
          readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(home)
        );
      } catch {
        return false;
      }
    })
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

/** Kills a Hub with a running project; how long until nothing of it is left. The next command then works. */
async function killed(id) {
  hub("start", id, "--json");
  const { pid } = JSON.parse(readFileSync(join(home, "hub.json"), "utf8"));
  return timedAsync(async () => {
    process.kill(pid, "SIGKILL");
    const end = Date.now() + PATIENCE;
    while (survivors().length > 0) {
      if (Date.now() > end) throw new Error(`still there: ${survivors().join(" ")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}

/** The first start on a home that has what is downloaded, and nothing that is built or made from it. */
function firstStartWithoutDownloads() {
  const fresh = `${home}-fresh`;
  execFileSync("rm", ["-rf", fresh]);
  mkdirSync(join(fresh, "cache"), { recursive: true, mode: 0o755 });
  for (const part of ["components", "cache/uv", "cache/npm"]) {
    execFileSync("cp", ["-a", join(home, part), join(fresh, part)]);
  }
  const onFresh = hubOn(fresh);
  const { id } = JSON.parse(onFresh("add", folder, "--json"));
  try {
    return timed(() => onFresh("start", id, "--json"))[0];
  } finally {
    onFresh("shutdown");
  }
}

await main(async () => {
  await ensureNodePackages();
  await ensurePages();
  await ensurePrograms(["cchub", "cchub-guard"], "release");
  execFileSync("rm", ["-rf", home, folder]);
  mkdirSync(home, { recursive: true, mode: 0o755 });
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  try {
    const rows = [];
    const [add, added] = timed(() => JSON.parse(hub("add", folder, "--json")));
    rows.push(["first command: a Hub is started and a folder registered", seconds([add])]);
    const [first] = timed(() => hub("start", added.id, "--json"));
    rows.push(["first start ever, downloads included", seconds([first])]);
    // Another home plans the same ports.
    hub("stop", added.id, "--json");
    rows.push(["first start on a fresh home, downloads there", seconds([firstStartWithoutDownloads()])]);
    hub("start", added.id, "--json");
    const project = JSON.parse(hub("status", added.id, "--json"));
    const commands = Object.fromEntries(project.services.map(({ service, pid }) => [service, commandOf(pid)]));
    const redisPassword = /redis:\/\/:([^@]+)@/.exec(commands.backend.environ.REDIS_URL)[1];
    const series = { up: [], down: [], bareUp: [], bareDown: [] };
    series.down.push(timed(() => hub("stop", added.id, "--json"))[0]);
    for (let round = 0; round < ROUNDS; round += 1) {
      series.up.push(timed(() => hub("start", added.id, "--json"))[0]);
      series.down.push(timed(() => hub("stop", added.id, "--json"))[0]);
      const [up, down] = await bare(commands, project.ports, redisPassword);
      series.bareUp.push(up);
      series.bareDown.push(down);
    }
    rows.push(["warm start, press → four proven healthy", seconds(series.up)]);
    rows.push(["the same four commands, all at once, no order, no proof of the page's token", seconds(series.bareUp)]);
    rows.push(["ratio", (median(series.up) / median(series.bareUp)).toFixed(2)]);
    rows.push(["stop, nothing left", seconds(series.down)]);
    rows.push(["the same four, signalled all at once", seconds(series.bareDown)]);
    rows.push(["kill -9 of the Hub → none of its processes left", seconds([await killed(added.id)])]);
    const list = Array.from({ length: 30 }, () => timed(() => hub("list"))[0]);
    rows.push(["cchub list", `${median(list).toFixed(1)} ms`]);
    const more = Array.from({ length: 10 }, (_, i) => {
      const path = join(folder, `part-${i}`);
      mkdirSync(path, { mode: 0o755 });
      return timed(() => hub("add", path, "--json"))[0];
    });
    rows.push(["add → registered and shown", `${median(more).toFixed(1)} ms`]);
    rows.push(...(await manyProjects(hub, home, folder, survivors)));
    heading("Figures");
    for (const [name, value] of rows) console.log(`  ${name.padEnd(74)} ${value}`);
    note(`${ROUNDS} rounds, alternating; medians, all values in brackets.`);
  } finally {
    hub("shutdown");
    for (const left of readdirSync(home)) note(`kept in ${home}: ${left}`);
  }
  heading("Logs");
  await must(["cargo", "run", "--locked", "--release", "-p", "hub-logs", "--example", "log_bench"]);
  await searchBench();
});
