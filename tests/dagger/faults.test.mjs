/*
 * What goes wrong on an engine: each failure has its code, nothing of it is left, and a start works again afterwards.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createConnection } from "node:net";
import { test } from "node:test";
import {
  assertProblem,
  containerPids,
  hubWithProject,
  killEngine,
  nothingRuns,
  up,
  withoutEngine,
  withoutKill,
} from "../fixtures/engine.mjs";
import { workbench } from "../fixtures/hub.mjs";
import { environment } from "../fixtures/processes.mjs";
import { until } from "../fixtures/until.mjs";

test("an engine that is not there", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await hubWithProject(t);
  await hub.call("set", { project: id, engine: "unix:///nowhere/engine.sock" });
  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "RUNTIME_UNAVAILABLE");
  assert.match(error.cause, /nowhere/);
  const refused = await hub.ask("set", { project: id, engine: "tcp://198.51.100.7:1234" });
  assertProblem(refused.error, "CONFIG_INVALID");
  await hub.call("set", { project: id, engine: "" });
  await up(hub, id);
});

test("a command line that is not there", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await hubWithProject(t, { env: { CCHUB_DAGGER_CLI: "/nowhere/dagger" } });
  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "COMPONENT_MISSING");
});

test("an image that does not exist, and the right one afterwards", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await hubWithProject(t);
  const set = await hub.cli("set", id, "image.redis", "redis:no-such-tag", "--json");
  assert.equal(set.code, 0, set.stderr);
  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "IMAGE_UNAVAILABLE");
  assert.ok(nothingRuns(id));
  await hub.call("set", { project: id, images: { redis: "" } });
  await up(hub, id);
});

test("a service that exits at once: its last lines are in the error", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await hubWithProject(t);
  await hub.call("set", {
    project: id,
    environment: [{ service: "frontend", name: "NODE_OPTIONS", value: "--no-such-option" }],
  });
  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "SERVICE_EXITED");
  assert.equal(error.service, "frontend");
  assert.match(error.log_tail.join("\n"), /no-such-option/);
  await until("nothing of the project runs", () => nothingRuns(id));
  await hub.call("set", { project: id, environment: [{ service: "frontend", name: "NODE_OPTIONS", value: "" }] });
  await up(hub, id);
});

/** Sends words to Redis and waits for the end of the connection or an answer. */
function tell(port, ...commands) {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    let heard = "";
    const done = () => resolve(heard);
    socket.on("data", (data) => {
      heard += data;
      if (heard.split("\r\n").length > commands.length) socket.destroy();
    });
    socket.on("error", done).on("close", done);
    for (const command of commands) socket.write(`${command}\r\n`);
  });
}

test(
  "a service that takes more memory than it may is ended, and the words say so",
  { skip: withoutEngine },
  async (t) => {
    const { hub, id } = await hubWithProject(t);
    await hub.call("set", { project: id, limits: { redis: { cpu: 0.5, memory_mb: 64 } } });
    const project = await up(hub, id);
    const url = new URL(environment(containerPids(id, "backend").at(-1)).REDIS_URL);
    await tell(project.ports.redis, `AUTH ${decodeURIComponent(url.password)}`, `SETRANGE hog 150000000 x`);
    const seen = await until("the end of Redis is seen", async () => {
      const redis = (await hub.get(id)).services.find(({ service }) => service === "redis");
      return redis.last_error ?? false;
    });
    assert.match(JSON.stringify(seen), /memory|MB/);
    await until("all are healthy again", async () => (await hub.get(id)).overall_healthy);
  },
);

test("a session that is lost comes back by itself", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await hubWithProject(t);
  await up(hub, id);
  const children = execFileSync("pgrep", ["-P", String(hub.pid), "-f", "session"])
    .toString()
    .trim()
    .split("\n");
  for (const pid of children) process.kill(Number(pid), "SIGKILL");
  await until("the loss is seen", async () => !(await hub.get(id)).overall_healthy);
  await until("all are healthy again", async () => (await hub.get(id)).overall_healthy);
});

test(
  "an engine that was killed has lost its volumes; the Hub brings the data back",
  { skip: withoutKill },
  async (t) => {
    const { hub, id } = await hubWithProject(t);
    const project = await up(hub, id);
    const { config } = await workbench(project);
    const headers = {
      authorization: `Bearer ${config.token}`,
      origin: new URL(project.urls.frontend).origin,
      "content-type": "application/json",
    };
    const body = JSON.stringify({ title: "kept through a kill" });
    const made = await fetch(`${config.apiBaseUrl}/api/notes`, { method: "POST", headers, body });
    assert.ok(made.ok, String(made.status));
    await hub.down(id);
    await killEngine();
    const again = await up(hub, id);
    const { ask } = await workbench(again);
    assert.match(JSON.stringify(await ask("/api/notes")), /kept through a kill/);
    const told = await hub.call("logs", { project: id, services: ["postgres"], tail: 1000 });
    assert.ok(
      told.some(({ stream, text }) => stream === "hub" && /restored/.test(text)),
      "the user is told",
    );
  },
);

test(
  "an engine that is killed while a project runs: it is seen, and the project comes back with its engine",
  { skip: withoutKill },
  async (t) => {
    const { hub, id } = await hubWithProject(t);
    await up(hub, id);
    await killEngine();
    await until("the loss is seen", async () => !(await hub.get(id)).overall_healthy);
    const healthy = async () => {
      const project = await hub.get(id);
      // The Hub has a limit to its patience; a start works again in any case.
      if (["failed", "gave_up", "stopped"].includes(project.state.state)) await hub.ask("start", { project: id });
      return project.overall_healthy;
    };
    await until("all are healthy again", healthy, { patience: 150_000, every: 500 });
  },
);
