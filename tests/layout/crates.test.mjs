/*
 * The shape of the workspace: who may depend on whom, who may name the shell, and under which licences others' work is
 * used. Read from Cargo's and npm's own records.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../scripts/setup/places.mjs";
import { licenceAllowed } from "./licences.mjs";

const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--format-version=1", "--locked"], {
    cwd: root,
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
  }),
);
const members = metadata.packages.filter((one) => metadata.workspace_members.includes(one.id));

/** Each crate and the crates of this workspace it may use. Adding an edge here is a decision about the architecture. */
const HOSTS = ["hub-api", "hub-dagger", "hub-domain", "hub-engine", "hub-logs", "hub-native", "hub-store"];
const EDGES = {
  "hub-domain": [],
  "hub-engine": ["hub-domain"],
  "hub-logs": ["hub-domain", "hub-engine"],
  "hub-store": ["hub-domain", "hub-engine"],
  "hub-probes": ["hub-domain", "hub-engine"],
  "hub-native": ["hub-domain", "hub-engine", "hub-probes"],
  "hub-dagger": ["hub-domain", "hub-engine", "hub-probes"],
  "hub-api": ["hub-domain", "hub-engine"],
  "hub-cli": HOSTS,
  "cchub-desktop": [...HOSTS, "hub-cli"],
};

test("crates depend on each other as the architecture says, and on no other", () => {
  const names = members.map(({ name }) => name);
  assert.deepEqual([...names].sort(), Object.keys(EDGES).sort());
  for (const { name, dependencies } of members) {
    const inner = dependencies.filter((d) => names.includes(d.name) && d.kind !== "dev").map((d) => d.name);
    const stray = inner.filter((other) => !EDGES[name].includes(other));
    assert.deepEqual(stray, [], `${name} must not depend on ${stray.join(", ")}`);
  }
});

test("only the shell names tauri", () => {
  const users = members.filter(({ dependencies }) => dependencies.some((d) => /^(tauri|rfd|wry|tao)\b/.test(d.name)));
  assert.deepEqual(
    users.map(({ name }) => name),
    ["cchub-desktop"],
  );
});

test("the rules do no input or output", () => {
  const domain = members.find(({ name }) => name === "hub-domain");
  const uses = domain.dependencies.filter(({ kind }) => kind === null).map(({ name }) => name);
  assert.deepEqual(uses, ["thiserror"]);
});

test("every crate takes its versions and lints from the workspace", () => {
  for (const { name, manifest_path: path, license } of members) {
    const manifest = readFileSync(path, "utf8");
    assert.match(manifest, /^\[lints\]\nworkspace = true$/m, `${name} does not follow the workspace's lints`);
    assert.equal(license, "MIT", name);
    const sections = manifest
      .split(/^\[/m)
      .filter((section) => /^(?:[\w.-]*\.)?(?:dev-|build-)?dependencies\]/.test(section));
    for (const line of sections.join("\n").split("\n")) {
      assert.doesNotMatch(line, /^[\w-]+ = (?:"|\{ version)/, `${name}: a version belongs into the workspace: ${line}`);
    }
  }
});

test("the licence of every crate that is used allows our use", () => {
  const bad = metadata.packages
    .filter(({ source }) => source !== null)
    .filter(({ license, license_file: file }) => !licenceAllowed(license) && !(license === null && file !== null))
    .map(({ name, version, license }) => `${name} ${version}: ${license}`);
  assert.deepEqual(bad, []);
});

test("the licence of every Node package that is used allows our use", () => {
  const record = JSON.parse(readFileSync(join(root, "node_modules/.package-lock.json"), "utf8"));
  const bad = Object.entries(record.packages)
    .filter(([path, one]) => path.includes("node_modules/") && one.link !== true)
    .map(([path]) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
      return { name, version, license: typeof license === "object" ? license.type : license };
    })
    .filter(({ license }) => !licenceAllowed(license))
    .map(({ name, version, license }) => `${name} ${version}: ${license}`);
  assert.deepEqual(bad, []);
});
