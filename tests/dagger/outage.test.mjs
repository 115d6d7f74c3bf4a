/*
 * The way to the engine is cut: the session stands still, its command line is killed, the Hub itself is killed. It is
 * seen, nothing waits without end, nothing stays behind on the engine, and the project comes back with its data.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  assertNote,
  assertProblem,
  containerPids,
  hubWithProject,
  insideOf,
  keepNote,
  nothingRuns,
  sessionsOf,
  up,
  withoutEngine,
} from "../fixtures/engine.mjs";
import { SERVICES } from "../fixtures/hub.mjs";
import { runs } from "../fixtures/processes.mjs";
import { until } from "../fixtures/until.mjs";

/** Stops a project's session where it stands; it may be let go on again. */
function freeze(t, hub) {
  const stopped = sessionsOf(hub);
  assert.ok(stopped.length > 0, "the Hub has a session");
  const tell = (signal) => {
    for (const pid of stopped) if (runs(pid)) process.kill(pid, signal);
  };
  t.after(() => tell("SIGKILL"));
  tell("SIGSTOP");
  return { stopped, thaw: () => tell("SIGCONT") };
}

async function running(t, note) {
  const made = await hubWithProject(t);
  const project = await up(made.hub, made.id);
  await keepNote(project, note);
  return { ...made, project };
}

const healthy = (hub, id) => async () => {
  const project = await hub.get(id);
  return project.overall_healthy && project;
};

/** Waits until the Hub shows that something is wrong, and asserts that it says what. */
async function seen(hub, id) {
  const project = await until("the status tells it", async () => {
    const now = await hub.get(id);
    return now.services.some(({ state }) => state.health?.health === "unhealthy") && now;
  });
  for (const { service, state } of project.services) {
    if (state.health?.health === "unhealthy") assert.match(state.health.why, /\S/, `${service}: why it is not healthy`);
  }
  assert.equal(project.overall_healthy, false);
}

/** Waits until the folder is the same on both sides. */
async function folderIsLive(id, folder, name) {
  await until("the folder is live in both directions", () => {
    writeFileSync(join(folder, `${name} from outside.txt`), "hello\n");
    assert.equal(readFileSync(join(insideOf(id), `${name} from outside.txt`), "utf8"), "hello\n");
    writeFileSync(join(insideOf(id), `${name} from inside.txt`), "hello back\n");
    return readFileSync(join(folder, `${name} from inside.txt`), "utf8") === "hello back\n";
  });
}

test("a session that stands still is seen, and the stack goes on with it", { skip: withoutEngine }, async (t) => {
  const { hub, id, folder } = await running(t, "kept through a standstill");
  const before = containerPids(id, "postgres");
  const { thaw } = freeze(t, hub);
  await seen(hub, id);
  thaw();
  const project = await until("all are healthy again", healthy(hub, id));
  assert.ok(
    containerPids(id, "postgres").some((pid) => before.includes(pid)),
    "its services went on meanwhile",
  );
  await assertNote(project, "kept through a standstill");
  await folderIsLive(id, folder, "after a standstill");
  await hub.down(id);
  await until("nothing of the project runs", () => nothingRuns(id));
});

test("a session that stood still for a minute comes back with everything", { skip: withoutEngine }, async (t) => {
  const { hub, id, folder } = await running(t, "kept through a minute");
  const { thaw } = freeze(t, hub);
  const frozen = Date.now();
  await seen(hub, id);
  await until("a minute is over", () => Date.now() - frozen > 60_000, { patience: 70_000, every: 1000 });
  thaw();
  const project = await until("all are healthy again", healthy(hub, id), { patience: 150_000 });
  await assertNote(project, "kept through a minute");
  await folderIsLive(id, folder, "after a minute");
  await hub.down(id);
  await until("nothing of the project runs", () => nothingRuns(id));
});

test("a session that stands still for good is replaced", { skip: withoutEngine }, async (t) => {
  const { hub, id, folder } = await running(t, "kept by the volume");
  const { stopped } = freeze(t, hub);
  await until("the Hub has given the session up", () => !stopped.some(runs), { patience: 150_000, every: 500 });
  const project = await until("all are healthy again", healthy(hub, id), { patience: 150_000 });
  await assertNote(project, "kept by the volume");
  await folderIsLive(id, folder, "in another session");
  await hub.down(id);
  await until("nothing of the project runs", () => nothingRuns(id));
});

test("stop works while the session stands still, within its bound", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await running(t, "kept through a stop");
  const { stopped } = freeze(t, hub);
  await seen(hub, id);
  const stop = hub.down(id);
  const ended = await Promise.race([
    stop.then(() => "stopped"),
    until("the bound of a stop is over", () => false, { patience: 45_000, every: 1000 }).catch(() => "still stopping"),
  ]);
  assert.equal(ended, "stopped");
  const project = await hub.get(id);
  assert.equal(project.state.state, "stopped", JSON.stringify(project.state));
  assert.ok(!stopped.some(runs), "its command line is gone");
  await until("nothing of the project runs", () => nothingRuns(id), { patience: 30_000 });
  await assertNote(await up(hub, id), "kept through a stop");
});

test("the command line is killed: its containers end, others take their place", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await running(t, "kept through the end of the command line");
  const before = SERVICES.flatMap((service) => containerPids(id, service));
  for (const pid of sessionsOf(hub)) process.kill(pid, "SIGKILL");
  await until("the loss is seen", async () => !(await hub.get(id)).overall_healthy);
  // The engine itself notices after some 9 s.
  await until("nothing of the old session runs", () => !before.some(runs), { patience: 30_000 });
  const project = await until("all are healthy again", healthy(hub, id));
  await assertNote(project, "kept through the end of the command line");
});

test(
  "the Hub is killed: nothing stays on the engine, and the next one finds the data",
  {
    skip: withoutEngine,
  },
  async (t) => {
    const { hub, id } = await running(t, "kept through the end of the Hub");
    process.kill(hub.pid, "SIGKILL");
    await hub.ended;
    await until("nothing of the project runs", () => nothingRuns(id), { patience: 15_000 });
    await hub.open();
    await assertNote(await up(hub, id), "kept through the end of the Hub");
  },
);

test(
  "Hub and command line are killed at once: the next Hub starts all the same",
  { skip: withoutEngine },
  async (t) => {
    const { hub, id } = await running(t, "kept through the end of both");
    const sessions = sessionsOf(hub);
    process.kill(hub.pid, "SIGKILL");
    for (const pid of sessions) process.kill(pid, "SIGKILL");
    await hub.ended;
    await until("nothing of the project runs", () => nothingRuns(id), { patience: 30_000 });
    await hub.open();
    await assertNote(await up(hub, id), "kept through the end of both");
  },
);

/** Begins a start and stops its session where it stands as soon as there is one. */
async function frozenStart(t) {
  const { hub, id } = await hubWithProject(t);
  const start = hub.ask("start", { project: id, wait: true });
  await until("the start has a session", () => sessionsOf(hub).length > 0, { every: 10 });
  const { stopped } = freeze(t, hub);
  return { hub, id, start, stopped };
}

test("a start whose session stands still can be called off", { skip: withoutEngine }, async (t) => {
  const { hub, id, start, stopped } = await frozenStart(t);
  await hub.down(id);
  const { ok, error } = await start;
  assert.equal(ok, false);
  assertProblem(error, "START_CANCELLED");
  await until("its command line is gone", () => !stopped.some(runs), { patience: 30_000 });
  await up(hub, id);
});

test("a start whose session stands still for good fails, and says so", { skip: withoutEngine }, async (t) => {
  const { hub, id, start, stopped } = await frozenStart(t);
  const { ok, error } = await start;
  assert.equal(ok, false);
  assertProblem(error, "ENGINE_FAILED");
  await until("its command line is gone", () => !stopped.some(runs), { patience: 30_000 });
  await until("nothing of the project runs", () => nothingRuns(id));
  await up(hub, id);
});
