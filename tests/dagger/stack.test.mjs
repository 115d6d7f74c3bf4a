/*
 * One project's life on a real Dagger engine: up, proven and reached as with any runtime, under the accounts and bounds
 * it promises, with the folder live, one service restarted while the others go on, and nothing left afterwards.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import {
  boundsOf,
  accountsOf,
  containerPids,
  engineEnvironment,
  inContainer,
  reachesMachine,
  up,
  withoutEngine,
} from "../fixtures/engine.mjs";
import { fill, temporary } from "../fixtures/folders.mjs";
import { SERVICES, TestHub, workbench } from "../fixtures/hub.mjs";
import { commandLine, environment, listening, pids, processesOf } from "../fixtures/processes.mjs";
import { until } from "../fixtures/until.mjs";

const USERS = { postgres: 70, redis: 999, backend: 1000, frontend: 1000 };
const BOUNDS = { postgres: [1, 2048], redis: [0.5, 512], backend: [1, 1024], frontend: [0.5, 512] };

/** A Hub whose one project runs on the engine. */
async function running(t, { files = 20, ...settings } = {}) {
  const hub = await TestHub.start(t, { env: engineEnvironment() });
  const folder = fill(join(temporary(t), "some project"), files);
  const { id } = await hub.add(folder, { runtime: "dagger" });
  if (Object.keys(settings).length > 0) await hub.call("set", { project: id, ...settings });
  const project = await up(hub, id);
  return { hub, id, folder, project };
}

/** A connection that is held open, and whether it still is. */
function held(t, port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve({ isOpen: () => !socket.destroyed && !ended }));
    let ended = false;
    socket.on("end", () => (ended = true)).once("error", reject);
    t.after(() => socket.destroy());
  });
}

test("a folder becomes a running stack on the engine", { skip: withoutEngine }, async (t) => {
  const { hub, id, project } = await running(t);
  assert.equal(project.runtime.in_use, "dagger");
  assert.deepEqual(
    project.services.map(({ service, state }) => [service, state.state]),
    SERVICES.map((service) => [service, "running"]),
  );

  for (const service of SERVICES) {
    assert.deepEqual(accountsOf(id, service), [USERS[service]], `${service} runs under its own account only`);
    const { enforcement, non_root: nonRoot } = project.services.find((one) => one.service === service);
    if (!reachesMachine) {
      // What cannot be written or read there is not claimed.
      for (const claim of [enforcement, nonRoot]) {
        assert.match(claim.not_enforced?.because ?? "claimed", /cannot be reached/, service);
      }
      continue;
    }
    const [cores, megabytes] = BOUNDS[service];
    for (const pid of containerPids(id, service)) {
      assert.deepEqual(boundsOf(pid), { memory: megabytes * 2 ** 20, cores }, `bounds of ${service}`);
    }
    for (const claim of [enforcement, nonRoot]) assert.ok(claim.enforced, JSON.stringify(claim));
  }

  const expected = [hub.port, ...SERVICES.map((service) => project.ports[service])].map((port) => `127.0.0.1:${port}`);
  const found = listening(processesOf(hub.home));
  for (const address of expected) assert.ok(found.includes(address), `${address} is listened on`);
  for (const address of found) assert.match(address, /^127\.0\.0\.1:/, "nothing listens beyond this machine");

  const { config, ask } = await workbench(project);
  assert.equal(config.apiBaseUrl, project.urls.backend);
  const health = await ask("/health");
  assert.equal(health.status, "ok");

  const logs = await hub.call("logs", { project: id, services: ["postgres"], tail: 1000 });
  assert.ok(
    logs.some(({ text }) => /ready to accept connections/.test(text)),
    "its log holds what PostgreSQL says",
  );

  const secrets = secretsOf(id);
  for (const pid of pids()) {
    const words = commandLine(pid).join(" ");
    for (const secret of secrets) assert.ok(!words.includes(secret), "no secret is an argument");
  }

  await hub.down(id);
  for (const service of SERVICES) assert.deepEqual(containerPids(id, service), [], `nothing of ${service} is left`);
  assert.deepEqual(
    processesOf(hub.home).filter((pid) => pid !== hub.pid),
    [],
  );
});

/** The secrets of a project, from the environment of its backend on the engine. */
function secretsOf(id) {
  const given = environment(containerPids(id, "backend").at(-1));
  const password = (url) => decodeURIComponent(new URL(url).password);
  const found = [password(given.DATABASE_URL), password(given.REDIS_URL), given.SECRET_KEY, given.WORKBENCH_TOKEN];
  for (const secret of found) assert.ok(secret?.length >= 16, "the backend has its secrets");
  return found;
}

test("the project folder is the same on both sides, live or synced", { skip: withoutEngine }, async (t) => {
  const { hub, id, folder } = await running(t);
  const inside = inContainer(id);
  await until("a file of the user is seen inside", () => {
    writeFileSync(join(folder, "from outside.txt"), "hello\n");
    return (
      existsSync(join(inside, "from outside.txt")) && readFileSync(join(inside, "from outside.txt"), "utf8") !== ""
    );
  });
  assert.equal(readFileSync(join(inside, "from outside.txt"), "utf8"), "hello\n");
  writeFileSync(join(inside, "from inside.txt"), "hello back\n");
  const outside = join(folder, "from inside.txt");
  await until(
    "a file of the backend is seen outside",
    () => existsSync(outside) && readFileSync(outside, "utf8") === "hello back\n",
  );
  const told = await hub.call("logs", { project: id, services: ["backend"], tail: 1000 });
  const synced = told.some(({ stream, text }) => stream === "hub" && /changes are synced both ways/.test(text));
  const mounts = readFileSync(`/proc/${containerPids(id, "backend").at(-1)}/mounts`, "utf8");
  const live = / \/workspace fuse\.sshfs /.test(mounts);
  assert.equal(synced, !live, "the user is told which it is");
});

test("restarting one service leaves the connections of the others alone", { skip: withoutEngine }, async (t) => {
  const { hub, id, project } = await running(t);
  const before = Object.fromEntries(SERVICES.map((service) => [service, containerPids(id, service)]));
  const others = await Promise.all(["postgres", "backend", "frontend"].map((s) => held(t, project.ports[s])));
  await hub.call("restart", { project: id, service: "redis", wait: true });
  assert.deepEqual(
    others.map((one) => one.isOpen()),
    [true, true, true],
  );
  for (const service of ["postgres", "backend", "frontend"]) {
    const still = before[service].filter((pid) => containerPids(id, service).includes(pid));
    assert.ok(still.length > 0, `${service} is the same as before`);
  }
  assert.equal(
    containerPids(id, "redis").some((pid) => before.redis.includes(pid)),
    false,
    "redis is another one",
  );
  await until("all are healthy", async () => (await hub.get(id)).overall_healthy);
});

test("data outlive stop and start", { skip: withoutEngine }, async (t) => {
  const { hub, id, project } = await running(t);
  const { config } = await workbench(project);
  const note = await write(project, config, "kept");
  await hub.down(id);
  const again = await up(hub, id);
  assert.ok(
    (await notes(again)).some(({ id: one }) => one === note.id),
    "the note is still there",
  );
});

async function write(project, config, text) {
  const response = await fetch(`${config.apiBaseUrl}/api/notes`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${config.token}`,
      origin: new URL(project.urls.frontend).origin,
      "content-type": "application/json",
    },
    body: JSON.stringify({ title: text, body: text }),
  });
  assert.ok(response.ok, `${response.status}: ${await response.clone().text()}`);
  return response.json();
}

async function notes(project) {
  const { ask } = await workbench(project);
  const found = await ask("/api/notes");
  return found.notes ?? found.items ?? found;
}

test("killing the Hub ends everything on the engine, and the next one starts", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await running(t);
  process.kill(hub.pid, "SIGKILL");
  await hub.ended;
  await until(
    "nothing of the project runs",
    () => SERVICES.every((service) => containerPids(id, service).length === 0),
    {
      patience: 15_000,
    },
  );
  await hub.open();
  await up(hub, id);
});

test("a service that crashes is noticed and started again", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await running(t);
  const [pid] = containerPids(id, "redis").slice(-1);
  process.kill(pid, "SIGKILL");
  await until(
    "it is another process",
    () => containerPids(id, "redis").some((one) => one !== pid) && !containerPids(id, "redis").includes(pid),
  );
  await until("all are healthy", async () => (await hub.get(id)).overall_healthy);
});
