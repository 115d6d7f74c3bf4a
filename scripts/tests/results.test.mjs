/*
 * The counts: what each runner prints is read right, and no crash, empty run or lost program passes for success.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readLibtest } from "../suites/libtest.mjs";
import { closing, hold, nothing, verdict } from "../suites/outcome.mjs";
import { readJunit, readNode, readVitest } from "../suites/reports.mjs";
import { nodeWords } from "../suites/suites.mjs";

const folder = mkdtempSync(join(tmpdir(), "cchub-results-"));
after(() => rmSync(folder, { recursive: true }));

function file(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const counts = ({ passed, failed, skipped }) => [passed, failed, skipped];

const LIBTEST = `
running 3 tests
test rules::one ... ok
test slow ... ignored, needs a second machine
test rules::two ... FAILED

failures:

---- rules::two stdout ----
thread 'rules::two' panicked at src/lib.rs:1:1:
left is not right

failures:
    rules::two

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s


running 1 test
test src/lib.rs - thing (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s
`;
const CARGO = "     Running unittests src/lib.rs (target/debug/deps/a-1)\n   Doc-tests a\n";

test("every program's result line is counted, with names, output and reasons", () => {
  const outcome = readLibtest(LIBTEST, CARGO + LIBTEST);
  assert.deepEqual(counts(outcome), [2, 1, 1]);
  assert.deepEqual(outcome.skips, [{ name: "slow", reason: "needs a second machine" }]);
  assert.equal(outcome.failures[0].name, "rules::two");
  assert.match(outcome.failures[0].output, /left is not right/);
});

test("a program that was started and told no result has crashed", () => {
  const crashed = `${CARGO}     Running tests/stack.rs (target/debug/deps/stack-2)\n`;
  const outcome = readLibtest(LIBTEST, crashed + LIBTEST);
  assert.equal(outcome.failed, 2);
  assert.match(outcome.failures.at(-1).name, /3 test programs were started, 2 reported/);
});

test("counts and exit code must agree", () => {
  const good = { ...nothing(), passed: 2 };
  assert.equal(hold("x", good, { code: 0, text: "" }).failed, 0);
  assert.equal(hold("x", good, { code: 101, text: "" }).failed, 1);
  assert.equal(hold("x", nothing(), { code: 0, text: "" }).failed, 1);
  assert.equal(hold("x", { ...nothing(), failed: 1 }, { code: 0, text: "" }).failed, 2);
  assert.equal(verdict("x", { code: 1, text: "why" }).failures[0].output, "why");
  assert.equal(closing({ ...good, skipped: 3 }), "2 passed, 0 failed, 3 skipped");
});

test("Vitest's report: states, and files that could not be loaded", () => {
  const one = (status) => ({ status, title: status, ancestorTitles: ["a"], failureMessages: ["because"] });
  const path = file(
    "vitest.json",
    JSON.stringify({
      testResults: [
        { name: "a", status: "failed", assertionResults: [one("passed"), one("failed"), one("pending"), one("todo")] },
        { name: "broken.test.ts", status: "failed", message: "no such module", assertionResults: [] },
      ],
    }),
  );
  const outcome = readVitest(path);
  assert.deepEqual(counts(outcome), [1, 2, 2]);
  assert.deepEqual(outcome.failures[1], { name: "broken.test.ts", output: "no such module" });
  assert.equal(readVitest(join(folder, "absent")).failed, 1);
});

test("JUnit's report: failures, errors and skips with their words", () => {
  const path = file(
    "junit.xml",
    `<testsuites><testsuite><testcase classname="t.a" name="good" time="0.1" /><testcase classname="t.a" name="bad">` +
      `<failure message="m">assert 1 &lt; 0</failure></testcase><testcase classname="t.a" name="hook"><error message="m">` +
      `boom</error></testcase><testcase classname="t.a" name="later"><skipped type="s" message="no &quot;git&quot;">f:1</skipped>` +
      `</testcase></testsuite></testsuites>`,
  );
  const outcome = readJunit(path);
  assert.deepEqual(counts(outcome), [1, 2, 1]);
  assert.equal(outcome.failures[0].output, "assert 1 < 0");
  assert.deepEqual(outcome.skips, [{ name: "t.a › later", reason: 'no "git"' }]);
});

/** Runs files of tests as a suite does. */
function runNode(name, ...files) {
  const lines = join(folder, `${name}.jsonl`);
  const [program, ...words] = nodeWords(lines, files);
  // Told that it is run by a test runner already, Node would report to that one instead.
  const env = { ...process.env };
  delete env.NODE_TEST_CONTEXT;
  return { lines, ...spawnSync(program, words, { env }) };
}

test("our reporter for Node's runner: tests, nested tests, skips, and a hook that fails", () => {
  const tests = file(
    "some.test.mjs",
    `import { describe, test, before } from "node:test";
     test("good", () => {});
     test("bad", () => { throw new Error("why it is bad"); });
     test("later", { skip: "no display" }, () => {});
     describe("group", () => { test("inner", () => {}); test("inner bad", () => { throw new Error("x"); }); });
     describe("hook", () => { before(() => { throw new Error("hook broke"); }); test("never", () => {}); });`,
  );
  const { status, lines } = runNode("node", tests);
  assert.equal(status, 1);
  const outcome = readNode(lines);
  assert.equal(outcome.passed, 2, readFileSync(lines, "utf8"));
  assert.equal(outcome.skipped, 1);
  assert.deepEqual(outcome.skips[0].reason, "no display");
  assert.ok(outcome.failures.some(({ output }) => output.includes("why it is bad")));
  assert.ok(outcome.failures.some(({ output }) => output.includes("hook broke")));
});

test("files that leave something open end, and none of their results is lost", () => {
  const many = (name) =>
    file(
      `${name}.test.mjs`,
      `import { test } from "node:test";
       import { createServer } from "node:net";
       createServer().listen(0, "127.0.0.1");
       for (let n = 0; n < 700; n += 1) test("test " + n, () => {});`,
    );
  const { status, lines } = runNode("many", many("one"), many("two"));
  assert.equal(status, 0);
  assert.deepEqual(counts(readNode(lines)), [1400, 0, 0]);
});

test("results that were cut off are a failure", () => {
  const { lines } = runNode(
    "whole",
    file("whole.test.mjs", `import { test } from "node:test"; test("good", () => {});`),
  );
  assert.deepEqual(counts(readNode(lines)), [1, 0, 0]);
  const [first] = readFileSync(lines, "utf8").split("\n");
  assert.deepEqual(counts(readNode(file("cut.jsonl", `${first}\n`))), [1, 1, 0]);
  assert.equal(readNode(file("empty.jsonl", "")).failed, 1);
});
