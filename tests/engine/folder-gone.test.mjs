/*
 * The project folder is taken away while its stack runs: the backend is not what it is there for, and says which folder
 * it misses. Put back, it is the folder again.
 */
import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fill, temporary } from "../fixtures/folders.mjs";
import { TestHub } from "../fixtures/hub.mjs";
import { until } from "../fixtures/until.mjs";

test("a backend without its project folder is not healthy, and says so", async (t) => {
  const hub = await TestHub.start(t);
  const folder = fill(join(temporary(t), "a"), 3);
  const { id } = await hub.add(folder, { runtime: "native" });
  await hub.up(id);
  renameSync(folder, `${folder} away`);
  const project = await until("the loss is told", async () => {
    const now = await hub.get(id);
    const { state } = now.services.find(({ service }) => service === "backend");
    return state.health?.health === "unhealthy" && { ...now, why: state.health.why };
  });
  assert.ok(project.why.includes(folder), project.why);
  assert.equal(project.overall_healthy, false);
  renameSync(`${folder} away`, folder);
  await until("all are healthy again", async () => (await hub.get(id)).overall_healthy);
});
