/*
 * What goes wrong on an engine: each failure has its code, nothing of it is left, and a start works again afterwards.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { assertProblem, containerPids, hubWithProject, nothingRuns, up, withoutEngine } from "../fixtures/engine.mjs";
import { environment } from "../fixtures/processes.mjs";
import { tell } from "../fixtures/redis.mjs";
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
