/*
 * Serves the built page of one project with `vite preview`, with the project's values put into it at serve time: one
 * build serves all projects. Writes nothing.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { policy, readConfig, withConfig } from "./page.mjs";

const config = readConfig(process.env);
const headers = {
  "Content-Security-Policy": policy(config.apiOrigin),
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

const project = {
  name: "workbench-page",
  configurePreviewServer(server) {
    const html = withConfig(readFileSync(join(config.dist, "index.html"), "utf8"), config.page);
    server.middlewares.use((request, response, next) => {
      const path = new URL(request.url ?? "/", "http://localhost").pathname;
      const isPage = path === "/" || path === "/index.html" || !/\.[a-z0-9]+$/i.test(path);
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (path.startsWith("/assets/")) {
        response.setHeader("Cache-Control", "public, max-age=31536000, immutable");
        next();
      } else if (isPage && (request.method === "GET" || request.method === "HEAD")) {
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("Content-Type", "text/html; charset=utf-8");
        response.end(request.method === "HEAD" ? undefined : html);
      } else {
        next();
      }
    });
  },
};

// Open connections of a browser must not hold the end up.
process.once("SIGTERM", () => process.exit(0));

export default {
  root: dirname(config.dist),
  logLevel: "warn",
  clearScreen: false,
  // A missing asset is missing, not the page.
  appType: "mpa",
  build: { outDir: config.dist },
  preview: { allowedHosts: ["localhost", "127.0.0.1"], cors: false },
  plugins: [project],
};
