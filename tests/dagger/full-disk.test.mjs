/*
 * The disk of the engine is full, before a start and while a stack runs. Needs an engine whose state lies on a small disk
 * of its own: `CCHUB_TEST_ENGINE_SMALL` is its address, `CCHUB_TEST_ENGINE_SMALL_DISK` a folder on that disk.
 */
import assert from "node:assert/strict";
import { appendFileSync, rmSync, statfsSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import {
  assertNote,
  assertProblem,
  backendOf,
  containerPids,
  hubWithProject,
  keepNote,
  nothingRuns,
  up,
  withoutEngine,
} from "../fixtures/engine.mjs";
import { until } from "../fixtures/until.mjs";

const engine = process.env.CCHUB_TEST_ENGINE_SMALL;
const disk = process.env.CCHUB_TEST_ENGINE_SMALL_DISK;
const skip =
  withoutEngine ||
  ((engine === undefined || disk === undefined) &&
    "no small engine: CCHUB_TEST_ENGINE_SMALL and CCHUB_TEST_ENGINE_SMALL_DISK name none");

const left = () => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};

/** Fills the disk to the last block; it is freed again by the answer, and when the test ends. */
function fillDisk(t) {
  const filler = join(disk, `filler-${process.pid}`);
  const free = () => rmSync(filler, { force: true });
  t.after(free);
  // Most of it at once; the rest, where the file system keeps its own account of blocks, piece by piece.
  execFileSync("fallocate", ["--length", String(Math.max(4096, left() - 2 ** 25)), filler]);
  for (const size of [2 ** 20, 4096]) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(size, 1), { flush: true });
    } catch (fault) {
      assert.equal(fault.code, "ENOSPC");
    }
  }
  return free;
}

const withSmallEngine = (t) => hubWithProject(t, { env: { CCHUB_ENGINE: engine } });

test("the engine's disk is full: a start says so, and works when there is space again", { skip }, async (t) => {
  const { hub, id } = await withSmallEngine(t);
  await up(hub, id);
  await hub.down(id);
  const other = await withSmallEngine(t);
  const free = fillDisk(t);
  // A new project needs space for its database.
  const { error } = await other.hub.ask("start", { project: other.id, wait: true });
  assertProblem(error, "DISK_FULL");
  assert.match(error.cause, /no space left on device/i);
  assert.match(`${error.message} ${error.action}`, /engine/);
  assert.ok(nothingRuns(other.id));
  // One that has all it needs may still come up.
  const again = await hub.ask("start", { project: id, wait: true });
  if (!again.ok) assertProblem(again.error, "DISK_FULL");
  t.diagnostic(`a project that was there: ${again.ok ? "starts" : again.error.cause}`);
  if (again.ok) await hub.down(id);
  free();
  await up(other.hub, other.id);
  await up(hub, id);
});

test(
  "the engine's disk fills up while a stack runs: it is told, and nothing that was kept is lost",
  { skip },
  async (t) => {
    const { hub, id } = await withSmallEngine(t);
    const project = await up(hub, id);
    await keepNote(project, "kept before the disk was full");
    const free = fillDisk(t);
    const ask = await backendOf(project);
    await until("a note is refused", async () => {
      const body = "much text ".repeat(5_000);
      const answer = await ask("POST", "/api/notes", { title: "one too many", body });
      return answer.status >= 500 && answer;
    });
    const told = await until("the status or the log of a service tells it", async () => {
      const now = await hub.get(id);
      const lines = await hub.call("logs", { project: id, services: ["postgres", "redis"], tail: 500 });
      return /no space left/i.test(JSON.stringify([now, lines]));
    });
    assert.ok(told);
    free();
    const again = await until("all are healthy again", async () => {
      const now = await hub.get(id);
      // The Hub has a limit to its patience; a start works again in any case.
      if (["failed", "gave_up", "stopped"].includes(now.state.state)) await hub.ask("start", { project: id });
      return now.overall_healthy && now;
    });
    await until("notes are taken again", async () => {
      await keepNote(again, "kept after the disk was full");
      return true;
    });
    await assertNote(again, "kept before the disk was full");
    await hub.down(id);
    await until("nothing of the project runs", () => nothingRuns(id));
    assert.deepEqual(containerPids(id, "postgres"), []);
  },
);
