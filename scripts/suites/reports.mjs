/*
 * Reads the result files that test runners write: Vitest's JSON, JUnit's XML (pytest), and the lines of our own reporter
 * for Node's runner.
 */
import { existsSync, readFileSync } from "node:fs";
import { END } from "./nodeReporter.mjs";
import { failure, nothing, sum } from "./outcome.mjs";

/** @param {string} path Vitest's `--reporter=json` file @returns {import("./outcome.mjs").Outcome} */
export function readVitest(path) {
  if (!existsSync(path)) return failure("vitest wrote no result", "");
  const report = JSON.parse(readFileSync(path, "utf8"));
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const named = (test) => [...test.ancestorTitles, test.title].join(" › ");
  const of = (...states) => tests.filter((test) => states.includes(test.status));
  const counted = {
    passed: of("passed").length,
    failed: of("failed").length,
    skipped: of("skipped", "pending", "todo", "disabled").length,
    skips: of("skipped", "pending", "todo", "disabled").map((t) => ({ name: named(t), reason: "skipped in its file" })),
    failures: of("failed").map((t) => ({ name: named(t), output: t.failureMessages.join("\n") })),
  };
  // A file that could not even be loaded has no tests to fail.
  const broken = report.testResults
    .filter((file) => file.status === "failed" && !file.assertionResults.some((t) => t.status === "failed"))
    .map((file) => failure(file.name, file.message));
  return sum([counted, ...broken]);
}

/** @param {string} path JUnit's XML as pytest writes it @returns {import("./outcome.mjs").Outcome} */
export function readJunit(path) {
  if (!existsSync(path)) return failure("pytest wrote no result", "");
  const outcome = nothing();
  for (const [, attributes, body = ""] of readFileSync(path, "utf8").matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const field = (name) => plain(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");
    const name = `${field("classname")} › ${field("name")}`;
    const bad = /<(?:failure|error)\b([^>]*)>([\s\S]*?)<\/(?:failure|error)>/.exec(body);
    const passedOver = /<skipped\b([^>]*?)\/?>/.exec(body);
    if (bad !== null) {
      outcome.failed += 1;
      outcome.failures.push({ name, output: plain(bad[2]) });
    } else if (passedOver !== null) {
      outcome.skipped += 1;
      outcome.skips.push({ name, reason: plain(/message="([^"]*)"/.exec(passedOver[1])?.[1] ?? "no reason is given") });
    } else {
      outcome.passed += 1;
    }
  }
  return outcome;
}

const ENTITIES = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function plain(xml) {
  return xml.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, word) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[word] ?? all;
  });
}

/** @param {string} path lines of `nodeReporter.mjs` @returns {import("./outcome.mjs").Outcome} */
export function readNode(path) {
  if (!existsSync(path)) return failure("Node's test runner wrote no result", "");
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const isWhole = lines.at(-1)?.result === END;
  const tests = isWhole ? lines.slice(0, -1) : lines;
  return sum([
    ...(isWhole ? [] : [failure("Node's test runner ended before its results were written", "")]),
    ...tests.map(({ name, result, text }) => {
      if (result === "failed") return failure(name, text);
      if (result === "skipped") return { ...nothing(), skipped: 1, skips: [{ name, reason: text }] };
      return { ...nothing(), passed: 1 };
    }),
  ]);
}
