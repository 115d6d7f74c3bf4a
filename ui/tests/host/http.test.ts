/*
 * The page's host against a real HTTP server: requests, refusals, streams that break off and come back.
 *
 * @vitest-environment node
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LogBatch } from "../../src/api";
import { HttpHost } from "../../src/host/http";
import { EventParser } from "../../src/host/sse";
import { takeToken } from "../../src/host/token";
import type { Update } from "../../src/host/types";
import { logLine, wireError } from "../sample";

let server: Server | undefined;

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<HttpHost> {
  const made = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => answer(request, response, body));
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return new HttpHost(`http://127.0.0.1:${(made.address() as AddressInfo).port}/api/v1/`, "secret-token");
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const json = (response: ServerResponse, status: number, value: unknown) =>
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
const stream = (response: ServerResponse) => response.writeHead(200, { "Content-Type": "text/event-stream" });
const event = (name: string, value: unknown) => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
const soon = { timeout: 20_000, interval: 10 };

describe("requests", () => {
  test("carry command, parameters and token", async () => {
    const seen: unknown[] = [];
    const host = await serve((request, response, body) => {
      seen.push(request.method, request.url, request.headers.authorization, JSON.parse(body));
      json(response, 200, { default_runtime: "native" });
    });
    expect(await host.rpc("set_settings", { default_runtime: "native" })).toEqual({ default_runtime: "native" });
    const sent = { cmd: "set_settings", params: { default_runtime: "native" } };
    expect(seen).toEqual(["POST", "/api/v1/rpc", "Bearer secret-token", sent]);
  });

  test("a refusal arrives with the Hub's code and words", async () => {
    const error = wireError({ code: "PORT_HELD", offer: { service: "redis", held: 6379, free: 6380 } });
    const host = await serve((_, response) => json(response, 409, error));
    await expect(host.rpc("start", { project: "p" })).rejects.toMatchObject({ wire: error });
  });

  test("an answer that is not the Hub's is told as such", async () => {
    const host = await serve((_, response) => response.writeHead(200).end("<html>hello"));
    await expect(host.rpc("list", {})).rejects.toMatchObject({ wire: { code: "INTERNAL" } });
    const other = await serve((_, response) => json(response, 500, { oops: true }));
    await expect(other.rpc("list", {})).rejects.toMatchObject({ wire: { code: "INTERNAL" } });
  });

  test("no Hub at all is told as such", async () => {
    const host = await serve((_, response) => response.end());
    server?.close();
    server?.closeAllConnections();
    await expect(host.rpc("list", {})).rejects.toMatchObject({ wire: { code: "HUB_NOT_RUNNING", retryable: true } });
  });
});

describe("streams", () => {
  test("state arrives, the loss is told, and a new snapshot follows by itself", async () => {
    let connections = 0;
    const host = await serve((_, response) => {
      connections += 1;
      stream(response).write(event("snapshot", { seq: connections, hub: {}, projects: [] }));
      response.write(": heartbeat\n\n");
      response.write(event("event", { seq: connections + 1, change: { kind: "removed", id: "x" } }));
      if (connections === 1) response.end();
    });
    const updates: Update[] = [];
    const stop = host.subscribe((update) => updates.push(update));
    const kinds = () => updates.map((update) => update.kind);
    await vi.waitFor(() => expect(kinds()).toEqual(["snapshot", "event", "lost", "snapshot", "event"]), soon);
    stop();
  });

  test("a refused stream says why", async () => {
    const host = await serve((_, response) => json(response, 401, wireError({ code: "UNAUTHORIZED" })));
    const updates: Update[] = [];
    const stop = host.subscribe((update) => updates.push(update));
    await vi.waitFor(() => expect(updates[0]).toMatchObject({ kind: "lost", reason: { code: "UNAUTHORIZED" } }), soon);
    stop();
  });

  test("a log is asked for by its lines and services; stopping closes the connection", async () => {
    let closed = false;
    let asked = "";
    const host = await serve((request, response) => {
      asked = request.url ?? "";
      stream(response).write(event("lines", { lines: [logLine(1, "hello")], missed: 0 }));
      request.socket.on("close", () => (closed = true));
    });
    const batches: LogBatch[] = [];
    const stop = host.followLogs({ project: "p 1", services: ["redis"], tail: 5 }, (batch) => batches.push(batch));
    await vi.waitFor(() => expect(batches).toEqual([{ lines: [logLine(1, "hello")], missed: 0 }]), soon);
    expect(asked).toBe("/api/v1/projects/p%201/logs/stream?tail=5&service=redis");
    stop();
    await vi.waitFor(() => expect(closed).toBe(true), soon);
  });
});

describe("the event format", () => {
  test("however the bytes are cut, the same events come out", () => {
    const line = fc.string().map((text) => text.replace(/[\r\n]/g, " "));
    const given = fc.array(
      fc.record({ event: fc.constantFrom("snapshot", "event"), data: fc.array(line, { minLength: 1 }) }),
    );
    fc.assert(
      fc.property(given, fc.array(fc.nat(40)), fc.constantFrom("\n", "\r\n"), (events, cuts, end) => {
        const text = events
          .map((each) =>
            [`event: ${each.event}`, ": alive", ...each.data.map((data) => `data: ${data}`), "", ""].join(end),
          )
          .join("");
        const parser = new EventParser();
        const found = [];
        let at = 0;
        for (const cut of [...cuts, text.length]) {
          found.push(...parser.push(text.slice(at, at + cut)));
          at += cut;
        }
        found.push(...parser.push(text.slice(at)));
        expect(found).toEqual(events.map((each) => ({ event: each.event, data: each.data.join("\n") })));
      }),
    );
  });
});

describe("the token", () => {
  function page(hash: string) {
    const kept = new Map<string, string>();
    const shown: string[] = [];
    return {
      kept,
      shown,
      location: { hash, pathname: "/", search: "" },
      history: { replaceState: (_: unknown, __: string, url: string) => shown.push(url) },
      sessionStorage: {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => kept.set(key, value),
      },
    };
  }

  test("leaves the address bar and outlives a reload of the tab", async () => {
    const first = page("#token=abc");
    expect(await takeToken(first as never)).toBe("abc");
    expect(first.shown).toEqual(["/"]);
    const again = page("#/projects");
    again.kept.set([...first.kept.keys()][0] ?? "", "abc");
    expect(await takeToken(again as never)).toBe("abc");
    expect(again.shown).toEqual([]);
  });

  test("is had for a key, which leaves the address bar before anybody answers", async () => {
    const opened = page("#key=once&at=/projects");
    const token = takeToken(opened as never, (key) => {
      expect(opened.shown).toEqual(["/#/projects"]);
      return Promise.resolve(key === "once" ? "abc" : null);
    });
    expect(await token).toBe("abc");
    expect([...opened.kept.values()]).toEqual(["abc"]);
  });

  test("that the tab has already outlives a key that is good no more", async () => {
    const refused = () => Promise.resolve(null);
    const opened = page("#key=twice");
    expect(await takeToken(opened as never, refused)).toBeNull();
    const again = page("#key=twice");
    again.kept.set("cchub.token", "abc");
    expect(await takeToken(again as never, refused)).toBe("abc");
  });

  test("may be absent", async () => {
    expect(await takeToken(page("#/projects") as never)).toBeNull();
  });
});
