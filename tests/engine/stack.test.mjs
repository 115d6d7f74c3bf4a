/*
 * One project's life with real services: it comes up in order and proven, its page shows the folder, its services can be
 * restarted one by one, and nothing is left of it afterwards.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addOddities, commitAll, contentHash, fill, temporary } from "../fixtures/folders.mjs";
import { SERVICES, TestHub, environmentOf, pidsOf, prepare, workbench } from "../fixtures/hub.mjs";
import { processesOf, runs, uidOf } from "../fixtures/processes.mjs";
import { until } from "../fixtures/until.mjs";
import { built, profile } from "../../scripts/setup/places.mjs";

test("a real folder becomes a running stack on a home that has nothing yet, and stays as it was", async (t) => {
  const folder = fill(join(temporary(t), "some project"), 3000);
  commitAll(folder, "Begin the project");
  addOddities(folder);
  const before = contentHash(folder);
  const hub = await TestHub.start(t, { fresh: true });
  const added = await hub.add(folder);
  assert.equal(added.name, "some project");

  const project = await hub.up(added.id);

  assert.deepEqual(
    project.services.map(({ service }) => service),
    SERVICES,
  );
  const ready = project.services.map(({ ready_at: at }) => at);
  assert.ok(ready[2] >= Math.max(ready[0], ready[1]), "the backend counts after both databases");
  assert.ok(ready[3] >= ready[2], "the page counts after the backend");
  for (const { service, state, pid } of project.services) {
    assert.equal(state.health.health, "healthy", service);
    assert.ok(state.health.proof.what.length > 0, `${service} says what was proven`);
    assert.notEqual(uidOf(pid), 0, `${service} does not run as root`);
  }
  const { config, ask } = await workbench(project);
  assert.equal(config.projectId, project.id);
  assert.equal(config.apiBaseUrl, project.urls.backend);
  const overview = await until("the overview has counted the folder", async () => {
    const answer = await ask("/api/overview");
    return JSON.stringify(answer).includes("main") && answer;
  });
  const text = JSON.stringify(overview);
  assert.match(text, /300\d|301\d/, "some three thousand files are counted");
  assert.match(text, /Begin the project/, "the last commit is shown");

  const pids = processesOf(hub.home).filter((pid) => pid !== hub.pid);
  assert.ok(pids.length >= 4);
  const stopped = await hub.down(project.id);
  assert.equal(stopped.state.state, "stopped");
  assert.deepEqual(pids.filter(runs), [], "no process of the project is left");
  assert.equal(contentHash(folder), before, "after stop");
  await hub.call("remove", { project: project.id });
  assert.deepEqual(await hub.call("list"), []);
  assert.equal(contentHash(folder), before, "after remove");
});

test("what a user keeps in the workbench survives a stop, and is gone after a reset by removal", async (t) => {
  const hub = await TestHub.start(t);
  const folder = fill(join(temporary(t), "kept"), 5);
  const { id } = await hub.add(folder);
  const first = await hub.up(id);
  const { config } = await workbench(first);
  const headers = {
    authorization: `Bearer ${config.token}`,
    "content-type": "application/json",
    origin: first.urls.frontend,
  };
  const saved = await fetch(`${config.apiBaseUrl}/api/notes`, {
    method: "POST",
    headers,
    body: JSON.stringify({ title: "Remember", body: "the milk", text: "the milk" }),
  });
  assert.ok(saved.ok, await saved.text());
  await hub.down(id);
  const again = await workbench(await hub.up(id));
  assert.match(JSON.stringify(await again.ask("/api/notes")), /the milk/);
  await hub.call("remove", { project: id });
  const anew = await hub.add(folder);
  const fresh = await workbench(await hub.up(anew.id));
  assert.doesNotMatch(JSON.stringify(await fresh.ask("/api/notes")), /the milk/);
});

test("restarting one service leaves the others running", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "one"), 5));
  for (const service of ["frontend", "backend", "redis", "postgres"]) {
    const before = pidsOf(await hub.up(id));
    await hub.call("restart", { project: id, service, wait: true });
    const healthy = await until(`${service} and all others are healthy`, async () => {
      const now = await hub.get(id);
      return now.overall_healthy && now;
    });
    const after = pidsOf(healthy);
    assert.notEqual(after[service], before[service], `${service} is a new process`);
    assert.ok(!runs(before[service]), `the earlier ${service} has ended`);
    for (const other of SERVICES.filter((one) => one !== service)) {
      assert.equal(after[other], before[other], `${other} was left alone when ${service} was restarted`);
    }
  }
});

test("a service that crashes is noticed and comes back by itself", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "crash"), 5));
  for (const service of ["redis", "backend"]) {
    const before = pidsOf(await hub.up(id));
    process.kill(before[service], "SIGKILL");
    const after = await until(`${service} is back and proven`, async () => {
      const now = await hub.get(id);
      return now.overall_healthy && pidsOf(now)[service] !== before[service] && now;
    });
    const view = after.services.find((one) => one.service === service);
    assert.ok(view.restarts >= 1, "the restart is counted");
    assert.equal(view.last_error.code, "SERVICE_CRASHED");
    for (const other of SERVICES.filter((one) => one !== service))
      assert.equal(pidsOf(after)[other], before[other], other);
  }
});

test("three projects run side by side, each with ports, data and page of its own", async (t) => {
  const hub = await TestHub.start(t);
  const root = temporary(t);
  const added = [];
  for (const name of ["first", "second", "third"]) added.push(await hub.add(fill(join(root, name), 10)));
  const projects = await Promise.all(added.map(({ id }) => hub.up(id)));
  const ports = projects.flatMap(({ services }) => services.map(({ port }) => port));
  assert.equal(new Set(ports).size, 12);
  for (const project of projects) {
    const { config } = await workbench(project);
    assert.equal(config.projectName, project.name);
    const health = await (await fetch(`${project.urls.backend}/health`)).json();
    assert.equal(health.project, project.id);
  }
  const [first, ...rest] = projects;
  await hub.down(first.id);
  for (const { id, services } of rest) {
    const now = await hub.get(id);
    assert.equal(now.state.state, "running", "stopping one leaves the others");
    assert.deepEqual(pidsOf(now), pidsOf({ services }));
  }
});

test("`cchub run PATH` brings a folder up, prints its addresses, and ends it with Ctrl+C", async (t) => {
  const home = join(temporary(t, "cchub-home"), "hub");
  prepare(home);
  const folder = fill(join(temporary(t), "run me"), 20);
  const child = spawn(built("cchub", profile("dev")), ["run", folder], {
    env: environmentOf(home),
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let text = "";
  for (const source of ["stdout", "stderr"]) child[source].setEncoding("utf8").on("data", (piece) => (text += piece));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const address = await until("the page's address is printed", () => {
    if (child.exitCode !== null) throw new Error(text);
    // The last address is that of the page; the Hub's own carries a token.
    return text.match(/http:\/\/127\.0\.0\.1:\d+(?!\d*\/?#)/g)?.find((one) => one !== undefined);
  });
  await until("a page answers there", async () => (await fetch(address)).status < 500);
  mkdirSync(join(folder, "made-by-the-user"));
  child.kill("SIGINT");
  assert.equal(await ended, 0, text);
  assert.deepEqual(processesOf(home), [], "nothing is left");
});
