/*
 * Which licences of others' work go together with ours: those that ask for attribution only, and weak copyleft that
 * binds its own files only. Expressions are SPDX; of alternatives one is enough.
 */
const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "Apache-2.0 WITH LLVM-exception",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BSL-1.0",
  "CC-BY-4.0",
  "CC0-1.0",
  "CDLA-Permissive-2.0",
  "ISC",
  "MIT",
  "MIT-0",
  "MPL-2.0",
  "OpenSSL",
  "Python-2.0",
  "Unicode-3.0",
  "Unicode-DFS-2016",
  "Unlicense",
  "Zlib",
]);

/** True when the expression can be fulfilled with allowed licences. */
export function licenceAllowed(expression) {
  if (typeof expression !== "string") return false;
  const tokens = expression.replaceAll("/", " OR ").match(/\(|\)|[^\s()]+/g) ?? [];
  let next = 0;
  const alternatives = () => {
    let allowed = together();
    while (tokens[next] === "OR") {
      next += 1;
      allowed = together() || allowed;
    }
    return allowed;
  };
  const together = () => {
    let allowed = one();
    while (tokens[next] === "AND") {
      next += 1;
      allowed = one() && allowed;
    }
    return allowed;
  };
  const one = () => {
    if (tokens[next] === "(") {
      next += 1;
      const inner = alternatives();
      next += 1;
      return inner;
    }
    let name = tokens[next];
    next += 1;
    if (tokens[next] === "WITH") {
      name = `${name} WITH ${tokens[next + 1]}`;
      next += 2;
    }
    return ALLOWED.has(name);
  };
  return alternatives() && next === tokens.length;
}
