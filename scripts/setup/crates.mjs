/*
 * Builds the Rust programs. Cargo itself knows what is up to date.
 */
import { must } from "./child.mjs";
import { step } from "./say.mjs";

/** Program names and the packages they come from. */
const PROGRAMS = { cchub: "hub-cli", "cchub-guard": "hub-native", "cchub-desktop": "cchub-desktop" };

/** Builds programs with a profile, `dev` or `release`. */
export async function ensurePrograms(names, profile) {
  const packages = names.flatMap((name) => ["-p", PROGRAMS[name]]);
  const bins = names.flatMap((name) => ["--bin", name]);
  await step(`Building ${names.join(", ")} (${profile} profile; minutes the first time)`, () =>
    must(["cargo", "build", "--locked", "--profile", profile, ...packages, ...bins]),
  );
}
