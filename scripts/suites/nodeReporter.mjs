/*
 * A reporter for Node's test runner: one line of JSON for each test, and one that says that they are all. Suites are not tests, but one that fails by itself,
 * in a hook of its own, is told as a failure.
 */
import { inspect } from "node:util";
import { relative } from "node:path";

/** The last line. */
export const END = "end";
const CHILDREN_FAILED = "subtestsFailed";

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const isSuite = data.details?.type === "suite";
    const failed = type === "test:fail";
    if (isSuite && !(failed && data.details.error?.failureType !== CHILDREN_FAILED)) continue;
    if (failed && data.details.error?.failureType === CHILDREN_FAILED) continue;
    const name = `${relative(process.cwd(), data.file ?? "")} › ${data.name}`;
    yield `${JSON.stringify(line(name, data, failed))}\n`;
  }
  yield `${JSON.stringify({ result: END })}\n`;
}

function line(name, data, failed) {
  if (data.skip !== undefined || data.todo !== undefined) {
    const reason = data.skip ?? data.todo;
    return { name, result: "skipped", text: typeof reason === "string" ? reason : "no reason is given" };
  }
  if (!failed) return { name, result: "passed", text: "" };
  const error = data.details.error;
  return { name, result: "failed", text: inspect(error.cause ?? error, { depth: 4 }) };
}
