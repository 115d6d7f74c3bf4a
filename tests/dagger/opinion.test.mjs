/*
 * A service that does not answer is asked inside its session before the Hub restarts it: where it answers there, the
 * gateway is at fault and is replaced; where it does not, the service hangs and is started again.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { accountsOf, allPids, engineEnvironment, up, withoutEngine } from "../fixtures/engine.mjs";
import { fill, temporary } from "../fixtures/folders.mjs";
import { SERVICES, TestHub, workbench } from "../fixtures/hub.mjs";
import { until } from "../fixtures/until.mjs";

async function running(t) {
  const hub = await TestHub.start(t, { env: engineEnvironment() });
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3), { runtime: "dagger" });
  return { hub, id, project: await up(hub, id) };
}

/** Stops processes as a debugger would; they go on when the test ends, if they are still there. */
function freeze(t, pids) {
  const signal = (name) => {
    for (const pid of pids) {
      try {
        process.kill(pid, name);
      } catch (fault) {
        if (fault.code !== "ESRCH") throw fault;
      }
    }
  };
  signal("SIGSTOP");
  t.after(() => signal("SIGCONT"));
  return () => signal("SIGCONT");
}

const serviceOf = (project, name) => project.services.find(({ service }) => service === name);
const why = (project, name) => serviceOf(project, name).state.health?.why ?? "";
const healthy = (hub, id) => until("all are healthy", async () => (await hub.get(id)).overall_healthy);
const restarts = (project) => SERVICES.map((name) => serviceOf(project, name).restarts);

test("a gateway that stands still is replaced, and no service is restarted", { skip: withoutEngine }, async (t) => {
  const { hub, id, project } = await running(t);
  const before = Object.fromEntries(SERVICES.map((name) => [name, allPids(id, name)]));
  const gateway = allPids(id, "gateway");
  assert.ok(gateway.length > 0, "the gateway's client is seen from outside");
  assert.deepEqual(accountsOf(id, "gateway"), [1000], "it needs no rights");
  freeze(t, gateway);
  const told = await until("a reason is shown", async () => {
    const now = await hub.get(id);
    return ["postgres", "redis"].map((name) => why(now, name)).find((words) => words.includes("gateway is at fault"));
  });
  assert.match(told, /asked inside its session it answers \(.*(accepting connections|PONG)/);
  await healthy(hub, id);
  const after = await hub.get(id);
  assert.deepEqual(restarts(after), [0, 0, 0, 0]);
  for (const name of SERVICES) {
    const still = before[name].filter((pid) => allPids(id, name).includes(pid));
    assert.ok(still.length > 0, `${name} is the same as before`);
  }
  await until("another client is there, and the frozen one is gone", () => {
    const now = allPids(id, "gateway");
    return now.length > 0 && !now.some((pid) => gateway.includes(pid));
  });
  const { ask } = await workbench(project);
  assert.equal((await ask("/health")).status, "ok", "users reach the services again, at the same ports");
  const logs = await hub.call("logs", { project: id, services: ["backend"], tail: 1000 });
  assert.ok(
    logs.some(({ stream, text }) => stream === "hub" && /its client is being replaced/.test(text)),
    "the user is told",
  );
});

test("a gateway that stands still for a moment only heals by itself", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await running(t);
  const gateway = allPids(id, "gateway");
  const thaw = freeze(t, gateway);
  await until("it is seen", async () => !(await hub.get(id)).overall_healthy);
  thaw();
  await healthy(hub, id);
  assert.deepEqual(restarts(await hub.get(id)), [0, 0, 0, 0]);
  assert.deepEqual(allPids(id, "gateway"), gateway, "it was not at fault, and is not replaced");
});

test("a service that hangs is asked inside its session too, and is restarted", { skip: withoutEngine }, async (t) => {
  const { hub, id } = await running(t);
  const [postgres, gateway] = [allPids(id, "postgres"), allPids(id, "gateway")];
  const hung = allPids(id, "redis");
  freeze(t, hung);
  await until("a reason is shown", async () =>
    /inside its session it is silent too/.test(why(await hub.get(id), "redis")),
  );
  const error = await until("it is restarted", async () => serviceOf(await hub.get(id), "redis").last_error);
  assert.equal(error.code, "SERVICE_NOT_READY", JSON.stringify(error));
  assert.match(error.message, /redis hung/);
  assert.match(error.cause, /silent too/);
  await healthy(hub, id);
  assert.ok(!allPids(id, "redis").some((pid) => hung.includes(pid)), "it is another one");
  assert.deepEqual(restarts(await hub.get(id)), [0, 1, 0, 0]);
  assert.deepEqual(allPids(id, "postgres").slice(0, 1), postgres.slice(0, 1), "the others go on");
  assert.deepEqual(allPids(id, "gateway").slice(0, 1), gateway.slice(0, 1), "the gateway was not at fault");
});

test("that services run without root is read on the engine's side", { skip: withoutEngine }, async (t) => {
  const { hub, id, project } = await running(t);
  for (const name of SERVICES) {
    const [uid] = accountsOf(id, name);
    const said = serviceOf(project, name).non_root;
    assert.deepEqual(said, { enforced: { by: `user id ${uid}, read on the engine's side` } }, name);
  }
  await hub.down(id);
  assert.equal(serviceOf(await hub.get(id), "redis").non_root, null, "nothing is claimed of what does not run");
});
