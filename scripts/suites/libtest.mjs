/*
 * Reads what `cargo test` prints. Its machine-readable form is not stable, but its words are: each test program begins
 * with "running N tests" and ends with one "test result:" line. A program that was started and has no such line crashed.
 */
import { failure, nothing, sum } from "./outcome.mjs";

const RESULT = /^test result: \S+ (\d+) passed; (\d+) failed; (\d+) ignored; (\d+) measured; (\d+) filtered out/gm;
const STARTED = /^\s*(?:Running (?:unittests )?(\S+) \(|Doc-tests (\S+))/gm;

/**
 * @param {string} stdout what the test programs printed
 * @param {string} text everything, with Cargo's own words
 * @returns {import("./outcome.mjs").Outcome}
 */
export function readLibtest(stdout, text) {
  const results = [...stdout.matchAll(RESULT)].map((match) => match.slice(1).map(Number));
  const started = [...text.matchAll(STARTED)].map((match) => match[1] ?? match[2]);
  const counted = results.map(([passed, failed, ignored, measured]) => ({
    ...nothing(),
    passed: passed + measured,
    failed,
    skipped: ignored,
  }));
  const told = { ...nothing(), skips: skips(stdout), failures: failures(stdout) };
  const lost = started.length - results.length;
  const crash =
    lost === 0
      ? []
      : [
          failure(
            `cargo test: ${started.length} test programs were started, ${results.length} reported a result`,
            text,
          ),
        ];
  return sum([...counted, told, ...crash]);
}

function skips(stdout) {
  return [...stdout.matchAll(/^test (\S+).* \.\.\. ignored(?:, (.*))?$/gm)].map(([, name, reason]) => ({
    name,
    reason: reason ?? "no reason is given",
  }));
}

/** The names after "failures:" at the end of each program, with what each test wrote. */
function failures(stdout) {
  const outputs = new Map(
    [...stdout.matchAll(/^---- (\S+)(?: - .*)? stdout ----\n([\s\S]*?)(?=^---- |^failures:$)/gm)].map(
      ([, name, text]) => [name, text.trim()],
    ),
  );
  return [...stdout.matchAll(/^test (\S+).* \.\.\. FAILED$/gm)].map(([, name]) => ({
    name,
    output: outputs.get(name) ?? "",
  }));
}
