/*
 * What a suite of tests came to: counts, and the words for what failed or was passed over. A suite that tells no count
 * has failed, whatever its exit code.
 */

/** @typedef {{name: string, output: string}} Failure */
/** @typedef {{passed: number, failed: number, skipped: number, skips: {name: string, reason: string}[], failures: Failure[]}} Outcome */

/** @returns {Outcome} */
export const nothing = () => ({ passed: 0, failed: 0, skipped: 0, skips: [], failures: [] });

/** One check that holds or does not, such as a linter's. @returns {Outcome} */
export function verdict(name, { code, text }) {
  return code === 0 ? { ...nothing(), passed: 1 } : failure(name, text);
}

/** One failure. @returns {Outcome} */
export const failure = (name, output) => ({ ...nothing(), failed: 1, failures: [{ name, output }] });

/** All outcomes as one. @param {Outcome[]} outcomes @returns {Outcome} */
export function sum(outcomes) {
  return outcomes.reduce(
    (all, one) => ({
      passed: all.passed + one.passed,
      failed: all.failed + one.failed,
      skipped: all.skipped + one.skipped,
      skips: [...all.skips, ...one.skips],
      failures: [...all.failures, ...one.failures],
    }),
    nothing(),
  );
}

/**
 * Holds the counts of a runner against how it ended: a crash, a time-out or an empty run is a failure even when every
 * test that was reported passed, and a failure must show in the exit code.
 *
 * @param {string} name @param {Outcome} outcome @param {{code: number, text: string}} ending @returns {Outcome}
 */
export function hold(name, outcome, { code, text }) {
  if (outcome.passed + outcome.failed + outcome.skipped === 0) {
    return failure(`${name}: no test was run`, text);
  }
  if (code !== 0 && outcome.failed === 0) {
    return sum([outcome, failure(`${name}: ended with ${code} although no test was reported as failed`, text)]);
  }
  if (code === 0 && outcome.failed > 0) {
    return sum([outcome, failure(`${name}: ended with 0 although tests failed`, text)]);
  }
  return outcome;
}

/** The line that a run ends with. @param {Outcome} outcome */
export const closing = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;
