/*
 * All suites: what each runs and how its result is read. `lane` says when: `light` ones run beside the compiler, which
 * gives way to them; `rust` waits for it; `whole` ones run one after the other on the otherwise idle machine, because
 * they start real services and wait for them.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../setup/child.mjs";
import { at, target } from "../setup/places.mjs";
import { failure, hold, sum, verdict } from "./outcome.mjs";
import { readLibtest } from "./libtest.mjs";
import { readJunit, readNode, readVitest } from "./reports.mjs";

const MINUTE = 60_000;
const reporter = at("scripts/suites/nodeReporter.mjs");
const lastWords = at("scripts/suites/lastWords.cjs");

/**
 * A command of a suite; its output goes to the suite's log, and to the terminal when it is the only thing that runs.
 *
 * @param {{name: string, results: string, show: boolean, env: object}} suite
 */
function command(suite, words, { bound = 10 * MINUTE, cwd, env, log = suite.name } = {}) {
  return run(words, {
    output: suite.show ? "show" : "keep",
    log: join(suite.results, `${log}.log`),
    bound,
    cwd,
    env: { ...suite.env, ...env },
  });
}

/** Runs checks that hold or do not, one after the other. */
async function checks(suite, list) {
  const outcomes = [];
  for (const [name, words, options] of list) {
    const log = `${suite.name}-${name.replaceAll(" ", "-")}`;
    outcomes.push(verdict(name, await command(suite, words, { log, ...options })));
  }
  return sum(outcomes);
}

/** The words that run Node's test runner over files, some at a time, and have its results in a file. */
export function nodeWords(path, files, { concurrency = 1, each = 5 * MINUTE } = {}) {
  return [
    process.execPath,
    // A test that failed may leave a connection open; its file must come to its end all the same.
    ...["--test-force-exit", `--require=${lastWords}`],
    ...["--test", `--test-concurrency=${concurrency}`, `--test-timeout=${each}`],
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    ...[`--test-reporter=${reporter}`, `--test-reporter-destination=${path}`],
    ...files,
  ];
}

/** Runs Node's test runner over files. */
export async function nodeTests(suite, files, { bound = 20 * MINUTE, ...options } = {}) {
  const path = fresh(suite, "jsonl");
  const ending = await command(suite, nodeWords(path, files, options), { bound });
  return hold(suite.name, readNode(path), ending);
}

async function vitest(suite, folder, extra = []) {
  const path = fresh(suite, "json");
  const words = [
    "npx",
    "vitest",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${path}`,
    ...extra,
  ];
  const ending = await command(suite, words, { cwd: at(folder), bound: 10 * MINUTE });
  return hold(suite.name, readVitest(path), ending);
}

/** The path of a result file that no earlier run has left behind. */
function fresh(suite, ending) {
  const path = join(suite.results, `${suite.name}.${ending}`);
  rmSync(path, { force: true });
  return path;
}

/** The test files of a folder. */
export function testFiles(folder) {
  return readdirSync(at(folder))
    .filter((name) => name.endsWith(".test.mjs"))
    .sort()
    .map((name) => at(folder, name));
}

/** The backend's environment, as its lock file says. */
const venv = join(target, "setup/backend");
const python = join(venv, "bin/python");

function backendEnvironment(suite) {
  const folder = at("commandcenter/backend");
  const { uv } = suite;
  return checks(suite, [
    ["environment", [uv, "venv", "--quiet", "--allow-existing", "--no-project", "--python", "3.11", venv]],
    [
      "packages",
      [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, join(folder, "requirements-dev.lock")],
    ],
  ]);
}

/** The agent beside a synced folder is held to the backend's rules; its tests are those of the crate it lies in. */
function agentChecks(backend) {
  const config = join(backend, "pyproject.toml");
  const options = { cwd: at("crates/hub-dagger/agent") };
  return [
    ["ruff check agent", [python, "-m", "ruff", "check", "--config", config, "."], options],
    ["ruff format agent", [python, "-m", "ruff", "format", "--config", config, "--check", "."], options],
    ["mypy agent", [python, "-m", "mypy", "--config-file", config, "."], options],
  ];
}

async function backendTests(suite) {
  const folder = at("commandcenter/backend");
  const made = await backendEnvironment(suite);
  if (made.failed > 0) return made;
  const path = fresh(suite, "xml");
  const options = { cwd: folder, env: { PYTHONPATH: folder } };
  const linted = await checks(suite, [
    ["ruff check", [python, "-m", "ruff", "check", "."], options],
    ["ruff format", [python, "-m", "ruff", "format", "--check", "."], options],
    ["mypy", [python, "-m", "mypy", "."], options],
    ...agentChecks(folder),
  ]);
  const tests = [python, "-m", "pytest", "-q", `--junitxml=${path}`];
  const ending = await command(suite, tests, { ...options, bound: 30 * MINUTE });
  return sum([linted, hold(suite.name, readJunit(path), ending)]);
}

/** The workbench's page in a real browser; needs no compiled program. */
async function browserTests(suite) {
  const made = await backendEnvironment(suite);
  return made.failed > 0 ? made : nodeTests(suite, testFiles("tests/workbench"));
}

const prettier = (...words) => ["npx", "prettier", "--log-level", "warn", ...words];

/** In the order in which they are reported. */
export const SUITES = [
  {
    name: "layout",
    title: "Layout and house rules",
    lane: "light",
    run: (s) => nodeTests(s, testFiles("tests/layout")),
  },
  {
    name: "scripts",
    title: "These scripts",
    lane: "light",
    run: (s) => nodeTests(s, testFiles("scripts/tests"), { concurrency: 2 }),
  },
  {
    name: "format",
    title: "Formatting",
    lane: "light",
    run: (s) =>
      checks(s, [
        ["rustfmt", ["cargo", "fmt", "--all", "--check"]],
        ["prettier", prettier("--check", ".")],
      ]),
  },
  {
    name: "types",
    title: "TypeScript: types and lint",
    lane: "light",
    run: (s) =>
      checks(s, [
        ["types of the kit", ["npm", "run", "--silent", "check"], { cwd: at("ui/kit") }],
        ["types of the pages", ["npm", "run", "--silent", "check"], { cwd: at("ui") }],
        ["types of the workbench", ["npm", "run", "--silent", "check"], { cwd: at("commandcenter/frontend") }],
        ["eslint", ["npx", "eslint", "--max-warnings", "0", "."]],
      ]),
  },
  { name: "ui", title: "The Hub's pages", lane: "light", run: (s) => vitest(s, "ui") },
  { name: "workbench", title: "The workbench's pages", lane: "light", run: (s) => vitest(s, "commandcenter/frontend") },
  {
    name: "clippy",
    title: "Clippy",
    lane: "compile",
    run: (s) =>
      checks(s, [
        ["clippy", compiler("clippy", "--workspace", "--all-targets", "--", "-D", "warnings"), { bound: 25 * MINUTE }],
      ]),
  },
  { name: "rust", title: "Rust crates", lane: "rust", pages: true, run: rustTests },
  { name: "backend", title: "The workbench's backend", lane: "whole", run: backendTests },
  {
    name: "browser",
    title: "The workbench's pages in a real browser, on real services",
    lane: "whole",
    pages: true,
    run: browserTests,
  },
  {
    name: "engine",
    title: "End to end: the engine",
    lane: "whole",
    built: true,
    pages: true,
    run: (s) => nodeTests(s, testFiles("tests/engine")),
  },
  {
    // Needs an engine (CCHUB_TEST_ENGINE and CCHUB_DAGGER_CLI); without one each test is reported as skipped.
    name: "dagger",
    title: "End to end: a Dagger engine",
    lane: "whole",
    built: true,
    pages: true,
    // An engine that holds nothing yet downloads images and packages first.
    run: (s) => nodeTests(s, testFiles("tests/dagger"), { bound: 60 * MINUTE, each: 15 * MINUTE }),
  },
  {
    name: "api",
    title: "End to end: the loopback host and its page",
    lane: "whole",
    built: true,
    pages: true,
    run: (s) => nodeTests(s, testFiles("tests/api")),
  },
  {
    name: "desktop",
    title: "End to end: the window",
    lane: "whole",
    built: true,
    pages: true,
    run: (s) =>
      existsSync(at("tests/desktop"))
        ? nodeTests(s, testFiles("tests/desktop"))
        : failure("tests/desktop is missing", ""),
  },
];

/** The compiler, giving way to whatever else runs. */
export function compiler(...words) {
  const cargo = ["cargo", words[0], "--locked", ...words.slice(1)];
  return process.platform === "win32" ? cargo : ["nice", "-n", "10", ...cargo];
}

async function rustTests(suite) {
  const ending = await command(suite, ["cargo", "test", "--locked", "--workspace", "--no-fail-fast"], {
    bound: 25 * MINUTE,
  });
  return hold(suite.name, readLibtest(ending.stdout, ending.text), ending);
}

/** Builds all test programs and the Hub's own; the suites that need them wait for this. */
export function buildAll(suite) {
  return checks(suite, [
    ["build of all programs and tests", compiler("test", "--workspace", "--no-run"), { bound: 40 * MINUTE }],
  ]);
}
