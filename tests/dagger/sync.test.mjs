/*
 * The project folder on an engine that cannot mount it live: a copy that is kept alike, both ways. Looked at from
 * outside, on this machine's side and, through /proc, on the container's.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  containerPids,
  engineEnvironment,
  inContainer,
  killEngine,
  up,
  withoutEngine,
  withoutKill,
} from "../fixtures/engine.mjs";
import { addOddities, fill, temporary } from "../fixtures/folders.mjs";
import { TestHub, workbench } from "../fixtures/hub.mjs";
import { until } from "../fixtures/until.mjs";

const BACKEND = 1000;
const QUICK = { every: 5 };

/** A Hub whose one project runs on the engine; nothing where the folder is live there, which is then said. */
async function synced(t, { files = 50, prepare, ...settings } = {}) {
  const hub = await TestHub.start(t, { env: engineEnvironment() });
  const folder = fill(join(temporary(t), "some project"), files);
  prepare?.(folder);
  const { id } = await hub.add(folder, { runtime: "dagger" });
  if (Object.keys(settings).length > 0) await hub.call("set", { project: id, ...settings });
  const project = await up(hub, id);
  const mounts = readFileSync(`/proc/${containerPids(id, "backend").at(-1)}/mounts`, "utf8");
  if (/ \/workspace fuse\.sshfs /.test(mounts)) {
    t.skip("SKIPPED: this engine mounts the folder live, so nothing is synced");
    return undefined;
  }
  return { hub, id, folder, project, inside: inContainer(id) };
}

const content = (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);

/** Writes as the backend would. */
function writeInside(path, text) {
  writeFileSync(path, text);
  chownSync(path, BACKEND, BACKEND);
}

/** What the Hub has told in the backend's log. */
async function told(hub, id) {
  const lines = await hub.call("logs", { project: id, services: ["backend"], tail: 1000 });
  return lines.filter(({ stream }) => stream === "hub").map(({ text }) => text);
}

/** The middle one of some measurements in ms. */
async function median(measure, times = 9) {
  const all = [];
  for (let n = 0; n < times; n += 1) {
    const began = performance.now();
    await measure(n);
    all.push(performance.now() - began);
  }
  return Math.round(all.sort((a, b) => a - b)[Math.floor(times / 2)]);
}

test("changes go both ways, whatever they are", { skip: withoutEngine }, async (t) => {
  const it = await synced(t, { prepare: addOddities });
  if (it === undefined) return;
  const { folder, inside, id } = it;
  const odd = (root) => readdirSync(join(root, "odd"), { encoding: "buffer" }).sort(Buffer.compare);
  assert.deepEqual(odd(inside), odd(folder), "names of all kinds arrive");
  assert.equal(content(join(inside, "odd/line\nbreak.txt")), "content\n");

  const toContainer = await median(async (n) => {
    writeFileSync(join(folder, `out ${n}`), `${n}`);
    await until("it is seen inside", () => content(join(inside, `out ${n}`)) === `${n}`, QUICK);
  });
  const toFolder = await median(async (n) => {
    writeInside(join(inside, `in ${n}`), `${n}`);
    await until("it is seen outside", () => content(join(folder, `in ${n}`)) === `${n}`, QUICK);
  });
  t.diagnostic(`a change is there after ${toContainer} ms (to the container) and ${toFolder} ms (to the folder)`);

  for (const pid of containerPids(id, "backend").slice(-1)) {
    const made = statSync(join(`/proc/${pid}/root/workspace`, "out 0"));
    assert.equal(made.uid, BACKEND, "the backend may change what arrives");
  }
  writeInside(join(inside, "out 0"), "changed by the container");
  rmSync(join(folder, "in 0"));
  mkdirSync(join(inside, "made"));
  chownSync(join(inside, "made"), BACKEND, BACKEND);
  writeInside(join(inside, "made/new"), "new");
  symlinkSync("made/new", join(inside, "a link"));
  rmSync(join(folder, "alpha"), { recursive: true });
  renameSync(join(folder, "beta"), join(folder, "renamed"));
  await until("all of it is on the other side", () =>
    [
      content(join(folder, "out 0")) === "changed by the container",
      !existsSync(join(inside, "in 0")),
      content(join(folder, "made/new")) === "new",
      content(join(folder, "a link")) === "new",
      !existsSync(join(inside, "alpha")),
      existsSync(join(inside, "renamed")) && !existsSync(join(inside, "beta")),
    ].every(Boolean),
  );
  assert.equal(
    statSync(join(folder, "made/new")).uid,
    statSync(folder).uid,
    "what arrives belongs to the folder's owner",
  );
});

test("what both sides changed is kept twice, and the user is told", { skip: withoutEngine }, async (t) => {
  const it = await synced(t, { prepare: (folder) => writeFileSync(join(folder, "notes.txt"), "old") });
  if (it === undefined) return;
  const { hub, id, folder } = it;
  await hub.down(id);
  // The container's version is made in the first moment of the next start, the user's while nothing ran.
  writeFileSync(join(folder, "notes.txt"), "the user's");
  writeFileSync(join(folder, "later.txt"), "1");
  await up(hub, id);
  const inside = inContainer(id);
  assert.equal(content(join(inside, "notes.txt")), "the user's", "what was changed between two starts arrives");
  await until("a conflict comes about", async () => {
    // Both in the same moment, until the two do meet.
    writeInside(join(inside, "notes.txt"), `the container's ${performance.now()}`);
    writeFileSync(join(folder, "notes.txt"), `the user's ${performance.now()}`);
    return (await told(hub, id)).some((text) => /notes\.txt" was changed on both sides/.test(text));
  });
  const kept = readdirSync(folder).filter((name) => /^notes \(conflict from container, .* UTC/.test(name));
  assert.ok(kept.length > 0, readdirSync(folder).join(", "));
  assert.match(content(join(folder, kept[0])), /^the container's/);
  assert.match(content(join(folder, "notes.txt")), /^the user's/);
  const status = await hub.cli("status", id);
  assert.match(status.stdout, /synced both ways/);
  assert.match(status.stdout, /notes \(conflict from container/);
});

test("what the container wrote last arrives when the project is stopped", { skip: withoutEngine }, async (t) => {
  const it = await synced(t);
  if (it === undefined) return;
  const { hub, id, folder, inside } = it;
  for (let n = 0; n < 200; n += 1) writeInside(join(inside, `last ${n}`), `${n}`);
  await hub.down(id);
  for (let n = 0; n < 200; n += 1) assert.equal(content(join(folder, `last ${n}`)), `${n}`);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".cchub")),
    [],
    "nothing of the Hub's is in the folder",
  );
});

test("a Hub that was killed goes on where it was, and loses nothing", { skip: withoutEngine }, async (t) => {
  const it = await synced(t);
  if (it === undefined) return;
  const { hub, id, folder, inside } = it;
  writeInside(join(inside, "by the container"), "1");
  await until("it arrives", () => content(join(folder, "by the container")) === "1");
  // Whatever a round brings after it, tells that it is written down as common.
  writeInside(join(inside, "after it"), "1");
  await until("that arrives too", () => existsSync(join(folder, "after it")));
  process.kill(hub.pid, "SIGKILL");
  await hub.ended;
  await until("nothing runs", () => containerPids(id, "backend").length === 0, { patience: 15_000 });
  rmSync(join(folder, "by the container"));
  writeFileSync(join(folder, "by the user"), "2");
  await hub.open();
  await up(hub, id);
  const again = inContainer(id);
  assert.equal(content(join(again, "by the user")), "2");
  assert.ok(!existsSync(join(again, "by the container")), "a deletion in the meantime counts");
  assert.ok(!existsSync(join(folder, "by the container")));
});

test("an engine that has lost the copy deletes nothing of the user's", { skip: withoutKill }, async (t) => {
  const it = await synced(t, { files: 300 });
  if (it === undefined) return;
  const { hub, id, folder } = it;
  const all = () => readdirSync(folder, { recursive: true }).sort();
  const before = all();
  await hub.down(id);
  // Beside what else goes on here, so that no connection of this test to its Hub goes stale unseen.
  await killEngine();
  await up(hub, id);
  assert.deepEqual(all(), before);
  assert.deepEqual(readdirSync(inContainer(id), { recursive: true }).sort(), before);
});

test("read-only is real in a copy too, and it follows the folder", { skip: withoutEngine }, async (t) => {
  const it = await synced(t, { read_only: true });
  if (it === undefined) return;
  const { hub, id, folder, inside } = it;
  const backend = (await hub.get(id)).services.find(({ service }) => service === "backend");
  assert.match(JSON.stringify(backend.read_only), /enforced/);
  const pid = containerPids(id, "backend").at(-1);
  const asBackend = (script) =>
    execFileSync("nsenter", ["-t", `${pid}`, "-m", "-S", `${BACKEND}`, "-G", `${BACKEND}`, "sh", "-c", script], {
      stdio: "pipe",
    });
  for (const script of ["echo x > /workspace/new", "echo x >> /workspace/README.md", "rm /workspace/README.md"]) {
    assert.throws(() => asBackend(script), /denied|not permitted/, script);
  }
  assert.match(String(asBackend("cat /workspace/README.md")), /A project/);
  writeFileSync(join(folder, "README.md"), "newer\n");
  await until("the copy follows", () => content(join(inside, "README.md")) === "newer\n");
  // Not even what an administrator changes in the copy gets back.
  writeFileSync(join(inside, "README.md"), "by force");
  await until("it is set right", () => content(join(inside, "README.md")) === "newer\n");
  assert.equal(content(join(folder, "README.md")), "newer\n");
});

test("a project of 20,000 files starts, and its page knows of a change at once", { skip: withoutEngine }, async (t) => {
  const began = performance.now();
  const it = await synced(t, { files: 20_000 });
  if (it === undefined) return;
  t.diagnostic(`20,000 files: all four healthy after ${Math.round(performance.now() - began)} ms`);
  const { hub, id, folder, inside, project } = it;
  const took = await median(async (n) => {
    writeFileSync(join(folder, "README.md"), `# ${n}\n`);
    await until("it is seen inside", () => content(join(inside, "README.md")) === `# ${n}\n`, QUICK);
  }, 5);
  t.diagnostic(`20,000 files: a change is there after ${took} ms`);
  const { ask } = await workbench(project);
  assert.equal((await ask("/health")).status, "ok");
  const stopping = performance.now();
  await hub.down(id);
  t.diagnostic(`20,000 files: stopped after ${Math.round(performance.now() - stopping)} ms`);
  const told = await hub.call("logs", { project: id, services: ["backend"], tail: 1000 });
  assert.ok(!told.some(({ text }) => /did not all arrive/.test(text)), "a quiet folder needs no last round");
  const again = performance.now();
  await up(hub, id);
  t.diagnostic(`20,000 files: started again after ${Math.round(performance.now() - again)} ms`);
});
