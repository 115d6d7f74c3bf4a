/*
 * How a Hub ends and what it leaves: in order, killed, or refused because another one is there. And commands that cross.
 */
import assert from "node:assert/strict";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fill, temporary } from "../fixtures/folders.mjs";
import { TestHub, cchub, pidsOf } from "../fixtures/hub.mjs";
import { commandLine, processesOf, runs } from "../fixtures/processes.mjs";
import { until } from "../fixtures/until.mjs";

test("a Hub that is asked to end stops its projects and exits with 0", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 5));
  await hub.up(id);
  assert.equal(await hub.end("SIGTERM"), 0, hub.output);
  assert.deepEqual(processesOf(hub.home), []);
});

test("killing the Hub leaves no process behind, and the next one starts and knows its projects", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 5));
  const before = await hub.up(id);
  const started = processesOf(hub.home).filter((pid) => pid !== hub.pid);
  assert.ok(started.length >= 4);
  process.kill(hub.pid, "SIGKILL");
  await hub.ended;
  await until(
    "all that it had started has ended",
    () => started.every((pid) => !runs(pid)) && processesOf(hub.home).length === 0,
    {
      patience: 5_000,
    },
  );
  await hub.open();
  const after = await hub.get(id);
  assert.deepEqual(after.ports, before.ports);
  assert.equal(after.was_interrupted || after.state.state !== "stopped", true, "it is told that it was running");
  await hub.up(id);
});

test("killing the Hub in the middle of a start leaves nothing behind either", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 5));
  await hub.call("start", { project: id });
  await until("something was launched", () => processesOf(hub.home).length > 1);
  process.kill(hub.pid, "SIGKILL");
  await hub.ended;
  await until("nothing of it runs", () => processesOf(hub.home).length === 0, { patience: 5_000 });
  await hub.open();
  await hub.up(id);
});

test("a second Hub on the same home is refused and says who is there; the first goes on", async (t) => {
  const hub = await TestHub.start(t);
  const second = await cchub(hub.home, ["serve", "--port", "0", "--json"]);
  assert.notEqual(second.code, 0);
  const said = second.stdout + second.stderr;
  assert.match(said, /HUB_ALREADY_RUNNING/);
  assert.match(said, new RegExp(`\\b${hub.pid}\\b`));
  assert.deepEqual(await hub.call("list"), []);
});

test("Start pressed twice starts once", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 5));
  const [first, second] = await Promise.all([hub.up(id), hub.up(id)]);
  assert.deepEqual(pidsOf(first), pidsOf(second));
  const third = await hub.up(id);
  assert.deepEqual(pidsOf(third), pidsOf(first), "starting what runs changes nothing");
});

/** A PostgreSQL whose `initdb` starts another process and never comes to an end. */
function endless(t) {
  const folder = temporary(t, "cchub-postgres");
  chmodSync(folder, 0o755);
  const program = (name, text) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  program("postgres", 'echo "postgres (PostgreSQL) 15.18"');
  program("initdb", "sleep 1000 &\nsleep 1001");
  symlinkSync("postgres", join(folder, "pg_ctl"));
  return join(folder, "postgres");
}

test("a step of a start that is called off or loses its Hub ends with all that it had started", async (t) => {
  const hub = await TestHub.start(t, { env: { CCHUB_COMPONENT_POSTGRES: endless(t) } });
  const { id } = await hub.add(fill(join(temporary(t), "a"), 5));
  const sleepers = () => processesOf(hub.home).filter((pid) => commandLine(pid)[0] === "sleep");
  const begin = async () => {
    await hub.call("start", { project: id });
    await until("the step runs", async () => {
      if (sleepers().length === 2) return true;
      const { state } = await hub.get(id);
      throw new Error(
        `the project is ${JSON.stringify(state)}, and there is ${processesOf(hub.home).map(commandLine).join("; ")}`,
      );
    });
  };
  await begin();
  assert.equal((await hub.down(id)).state.state, "stopped");
  assert.deepEqual(
    processesOf(hub.home).filter((pid) => pid !== hub.pid),
    [],
  );
  await begin();
  process.kill(hub.pid, "SIGKILL");
  await hub.ended;
  await until("nothing of it runs", () => processesOf(hub.home).length === 0, { patience: 5_000 });
});

test("Stop during Start calls the start off and leaves nothing", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 5));
  const waiting = hub.ask("start", { project: id, wait: true });
  await until("it is coming up", async () => (await hub.get(id)).state.state === "starting");
  const stopped = await hub.down(id);
  assert.equal(stopped.state.state, "stopped");
  const start = await waiting;
  assert.equal(start.ok, false);
  assert.equal(start.error.code, "START_CANCELLED");
  assert.deepEqual(
    processesOf(hub.home).filter((pid) => pid !== hub.pid),
    [],
  );
  await hub.up(id);
});
