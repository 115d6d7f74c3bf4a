/*
 * What a dump that is made at a stop holds: everything that cannot be made again, and nothing else.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { engineEnvironment, up, withoutEngine } from "../fixtures/engine.mjs";
import { fill, temporary } from "../fixtures/folders.mjs";
import { TestHub, workbench } from "../fixtures/hub.mjs";
import { until } from "../fixtures/until.mjs";

const reader = process.env.PATH.split(delimiter)
  .map((folder) => join(folder, "pg_restore"))
  .find(existsSync);
const skip = withoutEngine || (reader === undefined && "there is no pg_restore here to look into a dump with");

test("a dump leaves out the search index, which the workbench makes again", { skip }, async (t) => {
  const hub = await TestHub.start(t, { env: engineEnvironment() });
  const { id } = await hub.add(fill(join(temporary(t), "a"), 40), { runtime: "dagger" });
  const { ask } = await workbench(await up(hub, id));
  await until("the folder is indexed", async () => (await ask("/api/index")).files > 0);
  await hub.down(id);
  const folder = join(hub.home, "projects", id, "dumps");
  const dumps = readdirSync(folder).filter((name) => name.endsWith(".dump"));
  assert.equal(dumps.length, 1, "one was made at the stop");
  const contents = execFileSync(reader, ["--list", join(folder, dumps[0])]).toString();
  assert.match(contents, / TABLE DATA public notes /);
  assert.match(contents, / TABLE public index_files /);
  assert.doesNotMatch(contents, / TABLE DATA public index_/);
});
