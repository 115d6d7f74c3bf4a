/*
 * The page's server: the real `vite preview` with the configuration that the Hub runs, on a free port.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { embeddable, readConfig, withConfig } from "../serve/page.mjs";

const nasty = `</script><script>alert("1")</script> & 'quotes' "double" \u2028 \n 🦀`;

describe("the project's values in the page", () => {
  test("come out as they went in, and cannot break out", () => {
    const page = { apiBaseUrl: "http://127.0.0.1:8000", token: "t", projectName: nasty, projectId: "p" };
    const html = withConfig("<html><head></head><body></body></html>", page);
    expect(html.match(/<script/g)).toHaveLength(1);
    const block = /id="workbench-config">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
    expect(JSON.parse(block)).toEqual(page);
    expect(embeddable(nasty)).not.toContain("<");
  });

  test("are refused when the Hub did not set them", () => {
    expect(() => readConfig({ WORKBENCH_DIST: "/x", WORKBENCH_TOKEN: "t" })).toThrow("VITE_API_BASE_URL");
    const wrong = { WORKBENCH_DIST: "/x", WORKBENCH_TOKEN: "t", VITE_API_BASE_URL: "file:///etc" };
    expect(() => readConfig(wrong)).toThrow("http(s)");
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** node's fetch sets no Host of the caller's, so the connection is spoken by hand. */
async function ask(port: number, path: string, host = `127.0.0.1:${port}`): Promise<string> {
  const { connect } = await import("node:net");
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`GET ${path} HTTP/1.0\r\nHost: ${host}\r\nAccept: text/html\r\n\r\n`);
    });
    socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (data) => (text += data.toString()));
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
}

describe("the server", () => {
  const folder = mkdtempSync(join(tmpdir(), "cchub-serve-"));
  let port = 0;
  let child: ChildProcess;

  function start(onPort: number): ChildProcess {
    const vite = join(import.meta.dirname, "../../../node_modules/vite/bin/vite.js");
    const words = [vite, "preview", "--config", "vite.config.mjs", "--configLoader", "native"];
    return spawn(process.execPath, [...words, "--host", "127.0.0.1", "--strictPort", "--port", String(onPort)], {
      cwd: join(import.meta.dirname, "../serve"),
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        NODE_ENV: "production",
        WORKBENCH_DIST: folder,
        WORKBENCH_TOKEN: "a-token",
        VITE_API_BASE_URL: "http://127.0.0.1:8123",
        PROJECT_NAME: nasty,
        CCHUB_PROJECT_ID: "testproject",
      },
    });
  }

  beforeAll(async () => {
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "index.html"), "<!doctype html><html><head></head><body>page</body></html>");
    writeFileSync(join(folder, "assets", "app-1234.js"), "export {};");
    port = await freePort();
    child = start(port);
    const end = Date.now() + 20_000;
    for (;;) {
      try {
        await ask(port, "/");
        return;
      } catch (error) {
        if (Date.now() > end || child.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  });

  afterAll(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  test("carries the project's API address and confines the page to it", async () => {
    const answer = await ask(port, "/");
    expect(answer).toContain("http://127.0.0.1:8123");
    expect(answer).toMatch(/content-security-policy: .*connect-src 'self' http:\/\/127\.0\.0\.1:8123/i);
    expect(answer).toMatch(/cache-control: no-store/i);
  });

  test("serves assets for ever, the page for its own addresses, and nothing for what is missing", async () => {
    expect(await ask(port, "/assets/app-1234.js")).toMatch(/immutable[\s\S]*export \{\}/);
    expect(await ask(port, "/some/page")).toContain("workbench-config");
    expect(await ask(port, "/assets/missing.js")).toMatch(/^HTTP\/1\.1 404/);
    expect(await ask(port, "/..%2f..%2fetc/passwd.txt")).not.toContain("root:");
  });

  test("answers to loopback names only", async () => {
    expect(await ask(port, "/", "evil.example")).toMatch(/^HTTP\/1\.1 403/);
    expect(await ask(port, "/", `localhost:${port}`)).toMatch(/^HTTP\/1\.1 200/);
  });

  test("fails clearly when the port is held, and ends when asked", async () => {
    const second = start(port);
    let said = "";
    second.stderr?.on("data", (data: Buffer) => (said += data.toString()));
    const code = await new Promise((resolve) => second.once("exit", resolve));
    expect(code).not.toBe(0);
    expect(said).toMatch(/in use/);
    const third = await freePort();
    const other = start(third);
    const end = Date.now() + 20_000;
    while (Date.now() < end) {
      if (await ask(third, "/").then(Boolean, () => false)) break;
    }
    const ended = new Promise((resolve) => other.once("exit", resolve));
    other.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
});
