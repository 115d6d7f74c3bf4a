/*
 * What comes back when an engine was killed and has lost its volumes: everything in the copies that the Hub keeps, and
 * nothing is begun from nothing while a copy is there that could not be read.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import {
  assertNote,
  assertProblem,
  containerPids,
  hubWithProject,
  keepNote,
  killEngine,
  up,
  withoutKill,
} from "../fixtures/engine.mjs";
import { environment } from "../fixtures/processes.mjs";
import { tell } from "../fixtures/redis.mjs";
import { until } from "../fixtures/until.mjs";

const psql = process.env.PATH.split(delimiter)
  .map((folder) => join(folder, "psql"))
  .find(existsSync);

const dumpsOf = (hub, id) => join(hub.home, "projects", id, "dumps");

/** The copies there are, by name. */
const copies = (hub, id, begin) =>
  Object.fromEntries(
    readdirSync(dumpsOf(hub, id))
      .filter((name) => name.startsWith(begin))
      .map((name) => [name, readFileSync(join(dumpsOf(hub, id), name)).toString("latin1")]),
  );

/** What the project's Redis answers. */
async function redis(project, ...commands) {
  const url = new URL(environment(containerPids(project.id, "backend").at(-1)).REDIS_URL);
  return tell(project.ports.redis, `AUTH ${decodeURIComponent(url.password)}`, ...commands);
}

test(
  "an engine that was killed has lost its volumes; the Hub brings the data back",
  { skip: withoutKill },
  async (t) => {
    const { hub, id } = await hubWithProject(t);
    await keepNote(await up(hub, id), "kept through a kill");
    await hub.down(id);
    await killEngine();
    await assertNote(await up(hub, id), "kept through a kill");
    const told = await hub.call("logs", { project: id, services: ["postgres"], tail: 1000 });
    assert.ok(
      told.some(({ stream, text }) => stream === "hub" && /restored/.test(text)),
      "the user is told",
    );
  },
);

test(
  "a copy of Redis that cannot be read is no reason to begin from nothing; a good one is restored",
  { skip: withoutKill },
  async (t) => {
    const { hub, id } = await hubWithProject(t);
    const project = await up(hub, id);
    assert.match(await redis(project, "SET kept through"), /\+OK\r\n\+OK/);
    await hub.down(id);
    const before = copies(hub, id, "redis-");
    const [name] = Object.keys(before);
    assert.ok(name, "one was made at the stop");
    await killEngine();
    writeFileSync(join(dumpsOf(hub, id), name), "no dump of Redis");
    const { error } = await hub.ask("start", { project: id, wait: true });
    assertProblem(error, "DATABASE_INIT_FAILED");
    assert.match(JSON.stringify(error), new RegExp(name), "the copy is named");
    assert.deepEqual(copies(hub, id, "redis-"), { [name]: "no dump of Redis" }, "nothing took its place");

    writeFileSync(join(dumpsOf(hub, id), name), before[name], "latin1");
    const again = await up(hub, id);
    assert.match(await redis(again, "STRLEN kept"), /:7\r\n/);
    const told = await hub.call("logs", { project: id, services: ["redis"], tail: 1000 });
    assert.ok(
      told.some(({ stream, text }) => stream === "hub" && text.includes(`restored from ${name}`)),
      "the user is told",
    );
    // What was restored is written down anew: it survives the end of the server.
    await hub.call("restart", { project: id, service: "redis", wait: true });
    assert.match(await redis(await hub.get(id), "STRLEN kept"), /:7\r\n/);
  },
);

test(
  "roles, rights and further databases are in the copy too",
  { skip: withoutKill || (psql === undefined && "there is no psql here to make them with") },
  async (t) => {
    const { hub, id } = await hubWithProject(t);
    const project = await up(hub, id);
    const ask = (database, sql) => {
      const url = new URL(environment(containerPids(id, "backend").at(-1)).DATABASE_URL);
      const words = ["-X", "-At", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", project.ports.postgres];
      return execFileSync(psql, [...words.map(String), "-U", decodeURIComponent(url.username), "-c", sql], {
        env: { ...process.env, PGDATABASE: database, PGPASSWORD: decodeURIComponent(url.password) },
      })
        .toString()
        .trim();
    };
    const [own, further] = ["commandcenter", 'it\'s \\ "other" $HOME'];
    await keepNote(project, "beside another database");
    ask(own, "CREATE ROLE reporter LOGIN");
    ask(own, "GRANT SELECT ON notes TO reporter");
    ask(own, "CREATE SCHEMA reports AUTHORIZATION reporter");
    ask(own, `CREATE DATABASE "${further.replaceAll('"', '""')}"`);
    ask(further, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n");
    await hub.down(id);
    await killEngine();
    const again = await up(hub, id);
    await assertNote(again, "beside another database");
    assert.equal(ask(own, "SELECT has_table_privilege('reporter', 'notes', 'select')"), "t");
    assert.equal(ask(own, "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'reports'"), "reporter");
    assert.equal(ask(further, "SELECT sum(n) FROM kept"), "500500");
    assert.equal(ask("postgres", "SELECT 1"), "1", "the database for administration is there");
  },
);

test(
  "an engine that is killed while a project runs: its data come back, though it was never stopped",
  { skip: withoutKill },
  async (t) => {
    const { hub, id } = await hubWithProject(t);
    await keepNote(await up(hub, id), "written before the kill");
    const isCopied = () => existsSync(dumpsOf(hub, id)) && Object.keys(copies(hub, id, "postgres-")).some(isDump);
    const isDump = (name) => name.endsWith(".dump");
    await until("the first copy is made by itself", isCopied, { patience: 120_000, every: 500 });
    await killEngine();
    await until("the loss is seen", async () => !(await hub.get(id)).overall_healthy);
    const healthy = async () => {
      const project = await hub.get(id);
      // The Hub has a limit to its patience; a start works again in any case.
      if (["failed", "gave_up", "stopped"].includes(project.state.state)) await hub.ask("start", { project: id });
      return project.overall_healthy && project;
    };
    const again = await until("all are healthy again", healthy, { patience: 150_000, every: 500 });
    await assertNote(again, "written before the kill");
  },
);
