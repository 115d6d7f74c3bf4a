/*
 * The loopback host as programs of the user meet it: who is let in, what it answers, and streams that can be resumed.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fill, temporary } from "../fixtures/folders.mjs";
import { TestHub } from "../fixtures/hub.mjs";

/** Speaks HTTP by hand: fetch would choose Host and Origin by itself. */
function raw(port, head) {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(`${head.join("\r\n")}\r\n\r\n`));
    socket.setTimeout(20_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (data) => (text += data));
    socket.on("end", () => resolve({ status: Number(text.split(" ")[1]), text }));
    socket.on("error", reject);
  });
}

test("only requests from this machine, to this machine, with the token, come in", async (t) => {
  const hub = await TestHub.start(t);
  const get = (headers, path = "/api/v1/projects", method = "GET") =>
    raw(hub.port, [`${method} ${path} HTTP/1.0`, ...headers]);
  const host = `Host: 127.0.0.1:${hub.port}`;
  const token = `Authorization: Bearer ${hub.token}`;
  const cases = [
    [[host, token], 200],
    [[`Host: localhost:${hub.port}`, token], 200],
    [[`Host: evil.example:${hub.port}`, token], 403],
    [["Host: 127.0.0.1:1", token], 403],
    [[token], 403],
    [[host, token, "Origin: https://evil.example"], 403],
    [[host, token, "Origin: null"], 403],
    [[host, token, `Origin: http://127.0.0.1:${hub.port}`], 200],
    [[host, "Authorization: Bearer wrong", "Sec-Fetch-Site: cross-site"], 401],
    [[host, "Sec-Fetch-Site: none"], 401],
  ];
  for (const [headers, status] of cases) {
    const answer = await get(headers);
    assert.equal(answer.status, status, `${headers.join(" | ").replace(hub.token, "…")}: ${answer.text.slice(0, 300)}`);
  }
  const post = await get([host, "Content-Length: 0"], "/api/v1/projects/x/start", "POST");
  assert.equal(post.status, 401, "without a token nothing is ever changed");
  const plain = await get([host]);
  assert.equal(plain.status, process.platform === "linux" ? 200 : 401, "a plain GET of the same user needs no token");
});

test("questions that make no sense are refused with words", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3));
  for (const tail of ["0", "10001", "-1", "many"]) {
    const answer = await hub.request("GET", `/api/v1/projects/${id}/logs/backend?tail=${tail}`);
    assert.equal(answer.status, 422, tail);
    const error = await answer.json();
    assert.equal(error.code, "REQUEST_INVALID");
    assert.ok(error.message && error.action);
  }
  for (const tail of [1, 10_000]) {
    assert.equal((await hub.request("GET", `/api/v1/projects/${id}/logs/backend?tail=${tail}`)).status, 200);
  }
  assert.equal((await hub.request("GET", `/api/v1/projects/${id}/logs/mysql`)).status, 404);
  assert.equal((await hub.request("GET", "/api/v1/projects/nobody")).status, 404);
  assert.equal((await hub.request("POST", "/api/v1/rpc", { body: { cmd: "no_such" } })).status, 422);
  const relative = await hub.request("POST", "/api/v1/projects", { body: { path: "relative" } });
  assert.equal(relative.status, 400);
  assert.equal((await relative.json()).code, "PATH_RELATIVE");
});

/** Reads events from a stream until one is as wanted; the stream is then closed. */
async function readUntil(hub, path, wanted, headers = {}) {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(new Error(`no such event on ${path}`)), 60_000);
  const seen = [];
  try {
    const response = await hub.request("GET", path, { headers, signal: end.signal });
    assert.equal(response.status, 200);
    let text = "";
    const decoder = new TextDecoder();
    for await (const piece of response.body) {
      text += decoder.decode(piece, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const field = (name) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
        if (field("data") === undefined) continue;
        seen.push({ id: field("id"), event: field("event"), data: JSON.parse(field("data")) });
        if (wanted(seen.at(-1))) return seen;
      }
    }
    throw new Error(`the stream ended early after ${seen.length} events`);
  } finally {
    clearTimeout(timer);
    end.abort();
  }
}

test("events begin with everything and go on without a gap; logs resume where they were", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3));
  const watching = readUntil(
    hub,
    "/api/v1/events",
    ({ data }) => data.change?.project?.state.state === "running" && data.change.project.overall_healthy,
  );
  await hub.up(id);
  const events = await watching;
  assert.equal(events[0].event, "snapshot");
  assert.equal(events[0].data.projects[0].id, id);
  const numbers = events.map(({ data }) => data.seq);
  numbers.slice(1).forEach((seq, i) => assert.equal(seq, numbers[i] + 1, "no change is missing"));

  const path = `/api/v1/projects/${id}/logs/stream?tail=10000`;
  const all = await readUntil(hub, path, ({ data }) => data.lines.length > 0);
  const lines = all.flatMap(({ data }) => data.lines);
  assert.ok(lines.length > 5);
  lines.slice(1).forEach((line, i) => assert.equal(line.seq, lines[i].seq + 1, "no line is missing or doubled"));
  const middle = lines[Math.floor(lines.length / 2)].seq;
  const rest = await readUntil(hub, path, ({ data }) => data.lines.length > 0, { "last-event-id": String(middle) });
  assert.equal(rest[0].data.lines[0].seq, middle + 1, "a reader that comes back gets what it has not seen");

  const health = await (await hub.request("GET", `/api/v1/projects/${id}/health`)).json();
  assert.equal(health.overall_healthy, true);
  assert.ok(Math.abs(Date.now() - health.at) < 600_000, "a report has its time");
  const metrics = await (await hub.request("GET", "/metrics")).text();
  assert.match(metrics, new RegExp(`cchub_project_healthy\\{id="${id}",project="a"\\} 1`));
});

test("what the host describes is what it serves", async (t) => {
  const hub = await TestHub.start(t);
  const document = await (await hub.request("GET", "/api/v1/openapi.json")).json();
  assert.match(document.openapi, /^3\./);
  for (const path of ["/api/v1/projects", "/api/v1/events", "/api/v1/doctor", "/metrics"]) {
    assert.ok(document.paths[path]?.get, path);
  }
  const checks = await (await hub.request("GET", "/api/v1/doctor")).json();
  for (const id of ["postgres", "redis", "node", "python", "account", "limits", "workbench", "secrets"]) {
    const check = checks.find((one) => one.id === id);
    assert.ok(check, id);
    assert.notEqual(check.verdict, "failed", `${id}: ${check.found}`);
  }
});
