/*
 * `npm test [SUITE…]`: installs what is missing, builds, runs every suite (or the named ones) and closes with the line
 * "N passed, N failed, N skipped". Results and logs are left in target/test-results.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureNodePackages, ensurePages } from "./setup/pages.mjs";
import { ensurePackages, ensurePython, ensureUv } from "./setup/packages.mjs";
import { at, target } from "./setup/places.mjs";
import { Advice, heading, main, note, span, warn } from "./setup/say.mjs";
import { checkCargo, checkNode } from "./setup/toolchain.mjs";
import { closing, failure, sum } from "./suites/outcome.mjs";
import { SUITES, buildAll } from "./suites/suites.mjs";

const results = join(target, "test-results");
/** Of each failure so many last lines are shown; the rest is in the logs. */
const SHOWN_LINES = 120;

/** Suites that need no compiled program and can do without its setup. */
const NEEDS_CARGO = ["format", "clippy", "rust", "engine", "dagger", "api", "desktop", "layout"];

function chosen(names) {
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    throw new Advice(`There is no suite "${unknown[0]}".`, `The suites are: ${SUITES.map((s) => s.name).join(", ")}.`);
  }
  return names.length === 0 ? SUITES : SUITES.filter((suite) => names.includes(suite.name));
}

async function setUp(suites, { yes, install }) {
  heading("Setup");
  checkNode();
  if (install) {
    await ensurePackages(["programs", "window", "tests"], { yes });
    await ensurePython({ yes });
  }
  if (suites.some((suite) => NEEDS_CARGO.includes(suite.name))) await checkCargo();
  await ensureNodePackages();
  if (suites.some((suite) => suite.pages)) await ensurePages();
  if (!suites.some((suite) => ["backend", "browser"].includes(suite.name))) return undefined;
  const pin = /pypi = "(uv==[^"]+)"/.exec(readFileSync(at("crates/hub-native/components.toml"), "utf8"))[1];
  return ensureUv(join(target, "setup/uv"), pin);
}

/** Runs one suite; whatever happens to it, there is an outcome, on paper too. */
async function runSuite(suite, context, done) {
  if (context.show) heading(suite.title);
  const begun = Date.now();
  let outcome;
  try {
    outcome = await suite.run({ ...context, name: suite.name, results });
  } catch (fault) {
    outcome = failure(`${suite.name} could not be run`, fault?.stack ?? String(fault));
  }
  const seconds = (Date.now() - begun) / 1000;
  writeFileSync(join(results, `${suite.name}.result.json`), JSON.stringify({ suite: suite.name, seconds, ...outcome }));
  done.push({ suite, outcome, seconds });
  console.log(`${outcome.failed > 0 ? "✗" : "✓"} ${suite.title}: ${closing(outcome)} (${span(seconds * 1000)})`);
  return outcome;
}

async function inOrder(suites, context, done) {
  for (const suite of suites) await runSuite(suite, context, done);
}

/** Light suites beside the compiler, then everything that needs the machine to itself. */
async function runAll(suites, context, done) {
  const of = (...lanes) => suites.filter((suite) => lanes.includes(suite.lane));
  const later = of("rust", "whole");
  const needsPrograms = later.filter((suite) => suite.lane === "rust" || suite.built);
  const build = { name: "build", title: "Build", run: buildAll };
  const compiling = [...of("compile"), ...(needsPrograms.length > 0 ? [build] : [])];
  const both = compiling.length > 0 && of("light").length > 0;
  if (both) heading("Checks that need no compiled program, beside the compiler");
  const context1 = { ...context, show: !both };
  await Promise.all([inOrder(of("light"), context1, done), inOrder(compiling, context1, done)]);
  const broken = done.some(({ suite, outcome }) => suite === build && outcome.failed > 0);
  for (const suite of later) {
    if (broken && needsPrograms.includes(suite)) {
      done.push({ suite, outcome: failure(`${suite.name}: not run, because the build failed`, ""), seconds: 0 });
    } else {
      await runSuite(suite, { ...context, show: true }, done);
    }
  }
}

function summarise(done, begun) {
  const total = sum(done.map(({ outcome }) => outcome));
  for (const { name, output } of total.failures) {
    heading(`Failed: ${name}`);
    const lines = output.trimEnd().split("\n");
    if (lines.length > SHOWN_LINES) note(`(${lines.length - SHOWN_LINES} earlier lines are in ${results})`);
    console.log(lines.slice(-SHOWN_LINES).join("\n"));
  }
  if (total.skips.length > 0) {
    heading("Skipped");
    for (const { name, reason } of total.skips) warn(`${name}: ${reason}`);
  }
  heading(`All suites (${span(Date.now() - begun)})`);
  for (const { suite, outcome, seconds } of done) {
    console.log(`  ${suite.name.padEnd(10)} ${closing(outcome).padEnd(42)} ${span(seconds * 1000)}`);
  }
  if (total.failures.length > 0) {
    console.log("");
    for (const { name } of total.failures) warn(`failed: ${name}`);
  }
  writeFileSync(join(results, "result.json"), JSON.stringify(total));
  console.log(`\n${closing(total)}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

await main(async () => {
  const begun = Date.now();
  const words = process.argv.slice(2);
  const suites = chosen(words.filter((word) => !word.startsWith("--")));
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const done = [];
  try {
    const uv = await setUp(suites, { yes: words.includes("--yes"), install: !words.includes("--no-install") });
    // Tests never read the user's keyring, and every program is the one that was just built.
    const env = { CCHUB_PROFILE: "dev", CCHUB_KEYRING: "off" };
    await runAll(suites, { uv, env, show: true }, done);
  } catch (fault) {
    const said = fault instanceof Advice ? fault.message : (fault?.stack ?? String(fault));
    done.push({ suite: { name: "setup" }, outcome: failure("setup", said), seconds: (Date.now() - begun) / 1000 });
  }
  return summarise(done, begun);
});
