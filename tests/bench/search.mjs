/*
 * `node tests/bench/search.mjs [FOLDER]`: the workbench's search on 50,000 files / 1 GB (or on a folder of yours), on a
 * real PostgreSQL with the stack's settings, side by side with ripgrep. Also a part of `npm run bench`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../scripts/setup/child.mjs";
import { ensureUv } from "../../scripts/setup/packages.mjs";
import { at, target } from "../../scripts/setup/places.mjs";
import { heading, main } from "../../scripts/setup/say.mjs";

/** Measures, in the environment in which the backend is tested. */
export async function searchBench(words = []) {
  heading("Search");
  const pin = /pypi = "(uv==[^"]+)"/.exec(readFileSync(at("crates/hub-native/components.toml"), "utf8"))[1];
  const uv = await ensureUv(join(target, "setup/uv"), pin);
  const backend = at("commandcenter/backend");
  const venv = join(target, "setup/backend");
  const python = join(venv, "bin/python");
  await must([uv, "venv", "--quiet", "--allow-existing", "--no-project", "--python", "3.11", venv]);
  const lock = join(backend, "requirements-dev.lock");
  await must([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, lock]);
  await must([python, at("tests/bench/search.py"), join(target, "bench-search"), ...words], {
    env: { ...process.env, PYTHONPATH: backend },
  });
}

if (process.argv[1] === import.meta.filename) await main(() => searchBench(process.argv.slice(2)));
