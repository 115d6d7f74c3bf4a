/*
 * What the served page carries of its project: a JSON block that scripts can read and no value can break out of, and
 * the policy that confines the page. Pure: text in, text out.
 */

/** The project's values for the page, from the environment. Throws when the Hub did not set what is needed. */
export function readConfig(environment) {
  const need = (name) => {
    const value = environment[name];
    if (!value) throw new Error(`${name} is not set: the page is served by the Hub, which sets it`);
    return value;
  };
  const apiBaseUrl = need("VITE_API_BASE_URL");
  const { origin, protocol } = new URL(apiBaseUrl);
  if (protocol !== "http:" && protocol !== "https:") throw new Error("VITE_API_BASE_URL must be an http(s) address");
  return {
    dist: need("WORKBENCH_DIST"),
    apiOrigin: origin,
    page: {
      apiBaseUrl,
      token: need("WORKBENCH_TOKEN"),
      projectName: environment.PROJECT_NAME ?? "",
      projectId: environment.CCHUB_PROJECT_ID ?? "",
    },
  };
}

/** JSON that may stand inside a script element: nothing in it can end the element or begin a comment. */
export function embeddable(value) {
  const escapes = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029" };
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character]);
}

/** Puts the project's values into the built page. */
export function withConfig(html, page) {
  const block = `<script type="application/json" id="workbench-config">${embeddable(page)}</script>`;
  const at = html.indexOf("</head>");
  if (at < 0) throw new Error("the built page has no head");
  return html.slice(0, at) + block + html.slice(at);
}

/** Only what comes from this server may run or load; only it and the project's API may be asked. */
export function policy(apiOrigin) {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' ${apiOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
