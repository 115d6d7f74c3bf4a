/*
 * What cannot be done is refused with a code, a sentence that says what to do, and nothing half done.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fill, temporary } from "../fixtures/folders.mjs";
import { TestHub } from "../fixtures/hub.mjs";
import { processesOf } from "../fixtures/processes.mjs";
import { until } from "../fixtures/until.mjs";

function assertProblem(problem, code) {
  assert.equal(problem.code, code, JSON.stringify(problem));
  assert.match(problem.message, /\S.*\.$/, "one sentence says what happened");
  assert.match(problem.action, /\S.*\.$/, "one sentence says what to do");
}

test("folders that cannot be projects", async (t) => {
  const hub = await TestHub.start(t);
  const root = temporary(t);
  const there = fill(join(root, "there"), 3);
  await hub.call("add", { path: there });
  writeFileSync(join(root, "file"), "");
  symlinkSync(there, join(root, "link"));
  symlinkSync("circle", join(root, "circle"));
  mkdirSync(join(root, "closed"));
  chmodSync(join(root, "closed"), 0o000);
  mkdirSync(join(hub.home, "inside"));
  const cases = [
    ["somewhere", "PATH_RELATIVE"],
    ["", "PATH_RELATIVE"],
    [join(root, "missing"), "PATH_MISSING"],
    [join(root, "file"), "PATH_NOT_FOLDER"],
    [join(root, "file", "below"), "PATH_NOT_FOLDER"],
    [join(root, "closed"), "PATH_UNREADABLE"],
    [hub.home, "PATH_INSIDE_HUB_HOME"],
    [join(hub.home, "inside"), "PATH_INSIDE_HUB_HOME"],
    [join(root, "circle"), "PATH_LOOP"],
    [there, "PATH_ALREADY_REGISTERED"],
    [`${there}/`, "PATH_ALREADY_REGISTERED"],
    [join(root, ".", "x", "..", "there").replace("there", "./there"), "PATH_ALREADY_REGISTERED"],
    [join(root, "link"), "PATH_ALREADY_REGISTERED"],
  ];
  for (const [path, code] of cases) {
    const { ok, error } = await hub.ask("add", { path });
    assert.equal(ok, false, path);
    assertProblem(error, code);
  }
  assert.equal((await hub.call("list")).length, 1, "nothing else was registered");
});

test("what is not there", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.call("add", { path: fill(join(temporary(t), "a"), 3) });
  assertProblem((await hub.ask("start", { project: "nobody" })).error, "PROJECT_NOT_FOUND");
  assertProblem((await hub.ask("restart", { project: id, service: "mysql" })).error, "SERVICE_UNKNOWN");
  const { error } = await hub.ask("restart", { project: id, service: "redis" });
  assertProblem(error, "PROJECT_NOT_RUNNING");
  const unknown = await hub.cli("restart", id, "mysql", "--json");
  assert.notEqual(unknown.code, 0);
  const missing = await hub.cli("status", "nobody", "--json");
  assert.equal(missing.code, 3, missing.stderr);
});

test("a port that somebody else holds: who, which one is free, and taking that", async (t) => {
  const hub = await TestHub.start(t);
  const project = await hub.add(fill(join(temporary(t), "a"), 3));
  const server = createServer();
  await new Promise((resolve) => server.listen(project.ports.postgres, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { error } = await hub.ask("start", { project: project.id, wait: true });
  assertProblem(error, "PORT_HELD");
  assert.equal(error.service, "postgres");
  const words = `${error.message} ${error.action} ${error.cause}`;
  assert.match(words, new RegExp(`\\b${process.pid}\\b`), "the holder's pid is named");
  assert.match(words, /node/, "the holder's program is named");
  assert.equal(error.offer.held, project.ports.postgres);
  assert.match(words, new RegExp(`\\b${error.offer.free}\\b`));
  assert.deepEqual(
    processesOf(hub.home).filter((pid) => pid !== hub.pid),
    [],
    "nothing was left running",
  );
  assert.deepEqual((await hub.get(project.id)).ports, project.ports, "the port is not moved without the user's word");
  const set = await hub.cli("set", project.id, "ports.postgres", String(error.offer.free), "--json");
  assert.equal(set.code, 0, set.stderr);
  const up = await hub.up(project.id);
  assert.equal(up.ports.postgres, error.offer.free);
});

test("two projects do not share a port, and no setting is half taken", async (t) => {
  const hub = await TestHub.start(t);
  const root = temporary(t);
  const one = await hub.add(fill(join(root, "one"), 3));
  const two = await hub.add(fill(join(root, "two"), 3));
  const { error } = await hub.ask("set", { project: two.id, name: "renamed", ports: { redis: one.ports.backend } });
  assertProblem(error, "PORT_LEASED");
  assert.equal((await hub.get(two.id)).name, "two");
  const low = await hub.ask("set", { project: two.id, name: "renamed", limits: { redis: { cpu: -1, memory_mb: 1 } } });
  assertProblem(low.error, "CONFIG_INVALID");
  assert.equal((await hub.get(two.id)).name, "two");
});

test("a service that exits at once: its last lines are in the error, and nothing else is left running", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3));
  await hub.call("set", {
    project: id,
    environment: [{ service: "frontend", name: "NODE_OPTIONS", value: "--no-such-option" }],
  });
  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "SERVICE_EXITED");
  assert.equal(error.service, "frontend");
  assert.match(error.log_tail.join("\n"), /no-such-option/);
  await until("nothing of the project runs", () => processesOf(hub.home).filter((pid) => pid !== hub.pid).length === 0);
  assert.equal((await hub.get(id)).state.state, "failed");
  await hub.call("set", { project: id, environment: [{ service: "frontend", name: "NODE_OPTIONS", value: "" }] });
  await hub.up(id);
});

test("a PostgreSQL that is named but not there", async (t) => {
  const hub = await TestHub.start(t, { env: { CCHUB_COMPONENT_POSTGRES: "/nowhere/postgres" } });
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3));
  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "COMPONENT_MISSING");
});

/** A file system of that size at a place, or why there cannot be one. */
function small(place, megabytes) {
  if (process.getuid() !== 0) return "only root can make a small file system";
  mkdirSync(place, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "tmpfs", place], { stdio: "pipe" });
  } catch (fault) {
    return `a small file system cannot be mounted here: ${fault.stderr}`;
  }
  return undefined;
}

test("a disk that is full while the database is created, and once there is room again", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3));
  const place = join(hub.home, "projects");
  const why = small(place, 12);
  if (why !== undefined) {
    t.skip(why);
    return;
  }
  try {
    const { error } = await hub.ask("start", { project: id, wait: true });
    assertProblem(error, "DISK_FULL");
    assert.deepEqual(
      processesOf(hub.home).filter((pid) => pid !== hub.pid),
      [],
    );
    execFileSync("mount", ["-o", "remount,size=300m", place]);
    await hub.up(id);
    await hub.down(id);
  } finally {
    // Before the folder it is on is removed.
    execFileSync("umount", ["--lazy", place]);
  }
});
