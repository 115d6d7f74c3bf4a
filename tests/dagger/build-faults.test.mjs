/*
 * What containers are made from cannot be had: a build that fails, a registry out of reach, a disk that is full. Each is
 * told with its code and the words of what failed, nothing is left running, and a start works once it was mended.
 */
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { assertProblem, hubWithProject, nothingRuns, up, withoutEngine } from "../fixtures/engine.mjs";
import { temporary } from "../fixtures/folders.mjs";
import { at } from "../../scripts/setup/places.mjs";

/** A copy of what the Hub brings along, to be broken. */
function copyOfWorkbench(t) {
  const place = join(temporary(t), "workbench");
  const part = (path, filter) => cpSync(at("commandcenter", path), join(place, path), { recursive: true, filter });
  part("backend", (path) => !/__pycache__|\.venv|tests/.test(path.slice(at("commandcenter").length)));
  part("frontend/dist");
  part("frontend/serve", (path) => !path.includes("node_modules"));
  return place;
}

test("dependencies that cannot be installed: the installer's own words", { skip: withoutEngine }, async (t) => {
  const place = copyOfWorkbench(t);
  const lock = join(place, "backend/requirements.lock");
  const right = readFileSync(lock, "utf8");
  writeFileSync(lock, `cchub-no-such-package==1.0 --hash=sha256:${"0".repeat(64)}\n`);
  const { hub, id } = await hubWithProject(t, { env: { CCHUB_WORKBENCH: place } });

  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "ENVIRONMENT_BUILD_FAILED");
  assert.equal(error.service, "backend");
  assert.match(error.log_tail.join("\n"), /No matching distribution found for cchub-no-such-package/);
  const said = await hub.cli("start", id);
  assert.equal(said.code, 1);
  assert.match(said.stderr, /No matching distribution found for cchub-no-such-package/);
  const status = await hub.get(id);
  assert.equal(status.state.error?.code, "ENVIRONMENT_BUILD_FAILED", "the status still tells it");
  assert.ok(nothingRuns(id));

  writeFileSync(lock, right);
  await up(hub, id);
});

test("an image without the program that a service needs", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await hubWithProject(t);
  await hub.call("set", { project: id, images: { backend: "docker.io/library/redis:7-alpine" } });
  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "ENVIRONMENT_BUILD_FAILED");
  assert.equal(error.service, "backend");
  assert.match(error.log_tail.join("\n"), /python3/);
  assert.ok(nothingRuns(id));
  await hub.call("set", { project: id, images: { backend: "" } });
  await up(hub, id);
});

test("a registry that refuses", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await hubWithProject(t);
  await hub.call("set", { project: id, images: { redis: "localhost:1/x:1" } });
  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "IMAGE_UNAVAILABLE");
  assert.match(`${error.message} ${error.cause}`, /localhost:1\/x:1/);
  assert.ok(nothingRuns(id));
  await hub.call("set", { project: id, images: { redis: "" } });
  await up(hub, id);
});

test("a registry that never answers is not waited for without end", { skip: withoutEngine }, async (t) => {
  const open = new Set();
  const silent = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket));
  });
  await new Promise((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    silent.close();
    for (const socket of open) socket.destroy();
  });
  const { hub, id } = await hubWithProject(t);
  const image = `127.0.0.1:${silent.address().port}/x:1`;
  await hub.call("set", { project: id, images: { redis: image } });
  const { error } = await hub.ask("start", { project: id, wait: true });
  assertProblem(error, "IMAGE_UNAVAILABLE");
  assert.ok(`${error.message} ${error.cause}`.includes(image), JSON.stringify(error));
  assert.ok(nothingRuns(id));
  await hub.call("set", { project: id, images: { redis: "" } });
  await up(hub, id);
});
