/*
 * Secrets stay where they belong: the services have them in their environment, and nothing that the Hub writes, says or
 * is asked contains them. And nothing listens beyond this machine.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fill, temporary } from "../fixtures/folders.mjs";
import { SERVICES, TestHub, pidsOf } from "../fixtures/hub.mjs";
import { commandLine, environment, listening, pids, processesOf } from "../fixtures/processes.mjs";

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** The secrets of a project, taken from where they must be: its backend's environment. */
function secretsOf(project) {
  const given = environment(pidsOf(project).backend);
  const password = (url) => decodeURIComponent(new URL(url).password);
  const secrets = {
    "database password": password(given.DATABASE_URL),
    "redis password": password(given.REDIS_URL),
    "secret key": given.SECRET_KEY,
    "workbench token": given.WORKBENCH_TOKEN,
  };
  for (const [name, value] of Object.entries(secrets)) assert.ok(value?.length >= 16, `the backend has the ${name}`);
  return secrets;
}

test("secrets are found in nothing that the Hub wrote, said, or passed as an argument", async (t) => {
  const hub = await TestHub.start(t, { env: { CCHUB_LOG: "trace" } });
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3));
  const project = await hub.up(id);
  const secrets = secretsOf(project);
  const other = await hub.up((await hub.add(fill(join(temporary(t), "b"), 3))).id);
  const others = secretsOf(other);
  for (const [name, value] of Object.entries(secrets))
    assert.notEqual(value, others[name], `${name} is the project's own`);
  const values = [...Object.values(secrets), ...Object.values(others)];

  const replies = [];
  for (const cmd of ["hub", "list", "doctor", "settings"]) replies.push(JSON.stringify(await hub.call(cmd)));
  replies.push(JSON.stringify(await hub.call("logs", { project: id, tail: 10_000 })));
  replies.push(await (await hub.request("GET", "/metrics")).text());
  for (const words of [["list", "--json"], ["status", id], ["logs", id], ["doctor"]]) {
    const { stdout, stderr } = await hub.cli(...words);
    replies.push(stdout + stderr);
  }
  const failed = await hub.ask("restart", { project: id, service: "nothing" });
  replies.push(JSON.stringify(failed.error), hub.output);
  for (const pid of pids()) replies.push(commandLine(pid).join(" "));
  for (const reply of replies)
    for (const value of values) assert.ok(!reply.includes(value), `a secret is in: ${reply.slice(0, 300)}`);

  await hub.down(id);
  await hub.down(other.id);
  const files = filesBelow(hub.home);
  assert.ok(
    files.some((path) => path.includes("/logs/")),
    "logs were written",
  );
  const found = files
    .filter((path) => existsSync(path))
    .filter((path) => {
      const content = readFileSync(path);
      return values.some((value) => content.includes(value));
    });
  assert.deepEqual(found, []);
});

test("what is the user's alone can be read by the user alone", async (t) => {
  const hub = await TestHub.start(t);
  await hub.add(fill(join(temporary(t), "a"), 3));
  const open = readdirSync(hub.home)
    .map((name) => join(hub.home, name))
    .filter((path) => statSync(path).isFile() && /token|key|\.json$|\.db|\.sqlite|\.log/.test(path))
    .filter((path) => (statSync(path).mode & 0o077) !== 0);
  assert.deepEqual(open, []);
});

test("everything listens on loopback, and only where it says", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3));
  const project = await hub.up(id);
  const found = [...new Set(listening(processesOf(hub.home)))].sort();
  const expected = [
    `127.0.0.1:${hub.port}`,
    ...SERVICES.map((service) => `127.0.0.1:${project.ports[service]}`),
  ].sort();
  assert.deepEqual(found, expected);
});

test("databases refuse whoever does not know their password", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3));
  const project = await hub.up(id);
  const { connect } = await import("node:net");
  const reply = await new Promise((resolve, reject) => {
    const socket = connect(project.ports.redis, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString());
    });
    socket.once("error", reject);
  });
  assert.match(reply, /^-NOAUTH/);
});
