/*
 * The project folder goes away while it is mounted, and holds what makes programs stumble: names that are no text, very
 * many files, a very large one. Nothing hangs, the Hub stays small, and the user is told.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { open, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  assertProblem,
  backendOf,
  containerPids,
  hubWithProject,
  insideOf,
  nothingRuns,
  up,
  withoutEngine,
} from "../fixtures/engine.mjs";
import { addOddities, fill, temporary } from "../fixtures/folders.mjs";
import { commandLine, listening, memoryOf, pids } from "../fixtures/processes.mjs";
import { until } from "../fixtures/until.mjs";

const LARGE = 2 ** 30;
const MANY = 100_000;
/** What the Hub may hold more than before, whatever a mount reads: buffers of some links, and what the allocator keeps. */
const GROWTH = 48 * 2 ** 20;

/** A running project whose folder is mounted live; null where the engine has no live mounts, and the Hub says so. */
async function mounted(t, options = {}) {
  const made = await hubWithProject(t, options);
  const project = await up(made.hub, made.id);
  const told = await made.hub.call("logs", { project: made.id, services: ["backend"], tail: 1000 });
  if (told.some(({ stream, text }) => stream === "hub" && /cannot mount the project folder live/.test(text))) {
    t.skip("this engine has no live mounts, and the Hub says so");
    return null;
  }
  return { ...made, project };
}

const backend = async (hub, id) => (await hub.get(id)).services.find(({ service }) => service === "backend");

for (const [what, takeAway, putBack] of [
  ["removed", (folder) => rmSync(folder, { recursive: true }), (folder) => fill(folder, 5)],
  ["renamed", (folder) => renameSync(folder, `${folder} away`), (folder) => renameSync(`${folder} away`, folder)],
]) {
  test(`the folder is ${what} while it is mounted`, { skip: withoutEngine }, async (t) => {
    const folder = join(temporary(t), "a");
    const made = await mounted(t, { folder });
    if (made === null) return;
    const { hub, id, project } = made;
    const ask = await backendOf(project);
    takeAway(folder);
    const why = await until("the status tells it", async () => {
      const { state } = await backend(hub, id);
      return state.health?.health === "unhealthy" && state.health.why;
    });
    assert.match(why, /folder/);
    assert.ok(why.includes(folder), why);
    const listed = await ask("GET", "/api/files");
    assert.ok([200, 403, 404, 503].includes(listed.status), `it answers in time: ${listed.status}`);
    assert.equal((await hub.call("get", { project: id })).state.state, "running", "the others go on");

    await hub.down(id);
    assert.ok(nothingRuns(id));
    const { error } = await hub.ask("start", { project: id, wait: true });
    assertProblem(error, "PATH_MISSING");
    putBack(folder);
    const again = await up(hub, id);
    const listing = await (await backendOf(again))("GET", "/api/files");
    assert.match(await listing.text(), /README\.md/);
  });
}

test("a folder that is put back while the stack runs is the folder again", { skip: withoutEngine }, async (t) => {
  const folder = join(temporary(t), "a");
  const made = await mounted(t, { folder });
  if (made === null) return;
  const { hub, id, project } = made;
  renameSync(folder, `${folder} away`);
  await until("the status tells it", async () => (await backend(hub, id)).state.health?.health === "unhealthy");
  // Another one in its place, as after a fresh checkout.
  fill(folder, 7);
  await writeFile(join(folder, "fresh.txt"), "fresh\n");
  await until("all are healthy again", async () => (await hub.get(id)).overall_healthy);
  const ask = await backendOf(project);
  await until("its files are those of the new one", async () => {
    const listing = await (await ask("GET", "/api/files")).json();
    return listing.entries.some(({ name }) => name === "fresh.txt");
  });
});

/** The programs by which the engine mounts folders of this Hub. */
function mountersOf(hub) {
  const ports = listening([hub.pid]).map((address) => address.split(":").at(-1));
  return pids().filter((pid) => {
    const words = commandLine(pid);
    return words[0]?.endsWith("sshfs") && ports.includes(words[words.indexOf("-p") + 1]);
  });
}

test("a mount that breaks is made anew, with the backend alone", { skip: withoutEngine }, async (t) => {
  const made = await mounted(t);
  if (made === null) return;
  const { hub, id, folder } = made;
  const before = { backend: containerPids(id, "backend"), postgres: containerPids(id, "postgres") };
  const mounters = mountersOf(hub);
  assert.ok(mounters.length > 0, "the engine has mounted the folder");
  for (const pid of mounters) process.kill(pid, "SIGKILL");
  await until("the backend is another one", () => {
    const now = containerPids(id, "backend");
    return now.length > 0 && !now.some((pid) => before.backend.includes(pid));
  });
  await until("all are healthy again", async () => (await hub.get(id)).overall_healthy);
  assert.ok(
    containerPids(id, "postgres").some((pid) => before.postgres.includes(pid)),
    "the others went on",
  );
  await until("the folder is live again", () => {
    writeFileSync(join(folder, "again.txt"), "again\n");
    return readFileSync(join(insideOf(id), "again.txt"), "utf8") === "again\n";
  });
  const told = await hub.call("logs", { project: id, services: ["backend"], tail: 1000 });
  assert.ok(
    told.some(({ stream, text }) => stream === "hub" && /mount of the project folder/.test(text)),
    "the user is told",
  );
});

test("names that are no text go through the mount in both directions", { skip: withoutEngine }, async (t) => {
  const folder = join(temporary(t), "a");
  fill(folder, 1);
  addOddities(folder);
  const made = await mounted(t, { folder });
  if (made === null) return;
  const { id, project } = made;
  const inside = insideOf(id);
  const names = async (place) =>
    (await readdir(join(place, "odd"), { encoding: "buffer" })).map((n) => n.toString("hex"));
  assert.deepEqual((await names(inside)).sort(), (await names(folder)).sort(), "every name is the same inside");

  const ask = await backendOf(project);
  const listed = async (path) => {
    const answer = await ask("GET", `/api/files?id=${Buffer.from(path).toString("base64url")}`);
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()).entries;
  };
  const entries = await listed("odd");
  for (const name of ["line\nbreak.txt", "émoji 🚀.md", `quotes "and' more.txt`, "b\ufffd\ufffdd"]) {
    const entry = entries.find((one) => one.name === name);
    assert.ok(entry, `${JSON.stringify(name)} is listed`);
    const content = await ask("GET", `/api/file/raw?id=${entry.id}`);
    assert.match(await content.text(), /content|not UTF-8/, JSON.stringify(name));
  }

  // From inside: the bytes arrive as they were written.
  const written = ["new\nline", `"quoted"'`, "🚀🇨🇭", "tab\there", " leading and trailing "].map((name) =>
    Buffer.from(name),
  );
  written.push(Buffer.from([0x78, 0xff, 0xc3, 0x28, 0x79]));
  for (const name of written) await writeFile(Buffer.concat([Buffer.from(`${inside}/odd/`), name]), name);
  for (const name of written) {
    assert.deepEqual(await readFile(Buffer.concat([Buffer.from(`${folder}/odd/`), name])), name, name.toString("hex"));
  }
  const saved = await ask("POST", "/api/file", { path: "odd/saved\nby the page 🚀.txt", text: "saved\n" });
  assert.equal(saved.status, 201, await saved.clone().text());
  assert.equal(await readFile(join(folder, "odd/saved\nby the page 🚀.txt"), "utf8"), "saved\n");
});

test("a folder of 100,000 files", { skip: withoutEngine }, async (t) => {
  const folder = join(temporary(t), "a");
  fill(folder, 3);
  const script = `cd "$1" && mkdir many && cd many && for d in $(seq 0 99); do mkdir $d; done &&
    seq 0 ${MANY - 1} | awk '{ f = ($1 % 100) "/file-" $1 ".txt"; print "line " $1 > f; close(f) }' && mkdir flat &&
    cd flat && seq 0 9999 | xargs touch`;
  execFileSync("/bin/sh", ["-c", script, "sh", folder], { stdio: "inherit" });
  const begun = Date.now();
  const made = await mounted(t, { folder });
  if (made === null) return;
  const { hub, id, project } = made;
  t.diagnostic(`healthy after ${((Date.now() - begun) / 1000).toFixed(1)} s with ${MANY} files`);
  const ask = await backendOf(project);
  const listing = async (path) => {
    const answer = await ask("GET", `/api/files?id=${Buffer.from(path).toString("base64url")}`);
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  };
  assert.equal((await listing("many")).entries.length, 101);
  assert.equal((await listing("many/7")).entries.length, MANY / 100);
  const flat = await listing("many/flat");
  assert.deepEqual([flat.entries.length, flat.truncated], [5000, true]);
  await writeFile(join(folder, "many/7/late.txt"), "late\n");
  // Meanwhile the backend reads all of them for its index, through the same mount.
  const isListed = async () => (await listing("many/7")).entries.some(({ name }) => name === "late.txt");
  await until("a new file is seen", isListed, { patience: 240_000 });
  await until("all are healthy", async () => (await hub.get(id)).overall_healthy);
  await hub.down(id);
  assert.ok(nothingRuns(id));
});

/** Makes a file with holes, and a mark near its end. */
function sparse(path, mark) {
  const file = openSync(path, "w", 0o644);
  ftruncateSync(file, LARGE);
  writeSync(file, mark, LARGE - mark.length);
  closeSync(file);
}

/** Reads a file to its end in pieces; returns its length and its last bytes. */
async function readThrough(path, last) {
  const file = await open(path);
  try {
    const piece = Buffer.alloc(2 ** 20);
    let [length, tail] = [0, Buffer.alloc(0)];
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length, length);
      if (bytesRead === 0) return { length, tail: tail.toString() };
      length += bytesRead;
      tail = Buffer.concat([tail, piece.subarray(Math.max(0, bytesRead - last), bytesRead)]).subarray(-last);
    }
  } finally {
    await file.close();
  }
}

test(
  "a file of 1 GB is read through the mount, and the Hub stays as small as it was",
  { skip: withoutEngine },
  async (t) => {
    const made = await mounted(t);
    if (made === null) return;
    const { hub, id, folder } = made;
    const mark = "the very end";
    sparse(join(folder, "large.bin"), mark);
    const seen = join(insideOf(id), "large.bin");
    await until("it is seen inside", async () => (await stat(seen)).size === LARGE);
    const before = memoryOf(hub.pid);
    const begun = Date.now();
    const read = await readThrough(seen, mark.length);
    t.diagnostic(`${(LARGE / 2 ** 20 / ((Date.now() - begun) / 1000)).toFixed(0)} MiB/s`);
    assert.deepEqual(read, { length: LARGE, tail: mark });
    const after = memoryOf(hub.pid);
    t.diagnostic(`the Hub: ${before.now >> 20} MiB before, ${after.most >> 20} MiB at most`);
    assert.ok(after.most - before.now < GROWTH, `it grew from ${before.now} to ${after.most}`);
    await until("all are healthy", async () => (await hub.get(id)).overall_healthy);
  },
);
