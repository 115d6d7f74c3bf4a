/*
 * How long something takes, and what is usual of many values.
 */

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds that the work took, and its result. */
export function timed(work) {
  const begun = process.hrtime.bigint();
  const result = work();
  return [Number(process.hrtime.bigint() - begun) / 1e6, result];
}
