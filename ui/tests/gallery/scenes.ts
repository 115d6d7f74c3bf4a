/*
 * The scenes of the gallery: what the window looks like in each important situation. Used by the browser tests, which
 * measure accessibility and layout in a real engine, and by whoever wants to look.
 */
import type { LogLine, ProjectView, Service } from "../../src/api";
import { healthy, logLine, project, service, wireError } from "../sample";
import type { FakeHost } from "../fakeHost";

export interface Scene {
  hash: string;
  play: (host: FakeHost) => void;
}

const SERVICES: readonly Service[] = ["postgres", "redis", "backend", "frontend"];

function many(now: number): ProjectView[] {
  const degraded = project(
    { state: "running", since: now, health: "degraded" },
    {
      name: "performia",
      services: (name, slot) =>
        service(name, slot, {
          state: "running",
          since: now,
          health:
            name === "redis"
              ? {
                  health: "degraded",
                  last: { what: "PING answered", at: now - 14_000, took_ms: 900 },
                  why: "answered, but took 900 ms",
                }
              : healthy(name, now - 2_000),
        }),
    },
  );
  return [
    degraded,
    project({ state: "running", since: now, health: "healthy" }, { name: "ai-research", slot: 1 }),
    project(
      { state: "starting", since: now - 640, doing: { step: "Starting backend", done: 2, whole: 4 } },
      { name: "harbour", slot: 2 },
    ),
    project({ state: "failed", error: portHeld() }, { name: "ecommerce", slot: 3 }),
    project({ state: "stopped" }, { name: "field-notes", slot: 4 }),
    project(
      { state: "stopped" },
      {
        name: "a-project-with-a-rather-long-name-and-path",
        slot: 5,
        path: "/home/ada/Projects/clients/2026/north-sea-shipping/a-project-with-a-rather-long-name-and-path",
      },
    ),
    project({ state: "queued", since: now }, { name: "weather", slot: 6 }),
    project({ state: "running", since: now, health: "unknown" }, { name: "zoo", slot: 7 }),
  ];
}

function portHeld() {
  return wireError({
    code: "PORT_HELD",
    message: "Port 5435 is held by postgres (pid 812).",
    action: "Use 5437 instead?",
    cause: null,
    service: "postgres",
    offer: { service: "postgres", held: 5435, free: 5437 },
    retryable: true,
  });
}

function starting(now: number): ProjectView {
  const begun = now - 820;
  return project(
    { state: "starting", since: begun, doing: { step: "Starting backend", done: 2, whole: 4 } },
    {
      name: "harbour",
      slot: 2,
      services: (name, slot) => {
        if (name === "frontend") return service(name, slot, { state: "waiting", needs: ["backend"] });
        if (name === "backend") {
          return service(
            name,
            slot,
            { state: "starting", since: begun + 60, attempt: 1, needs: [], last_miss: "connection refused" },
            { launched_at: begun + 60 },
          );
        }
        return service(
          name,
          slot,
          { state: "running", since: begun + 200, health: healthy(name, now) },
          { launched_at: begun + 40, ready_at: begun + (name === "redis" ? 130 : 410) },
        );
      },
    },
  );
}

function downloading(now: number): ProjectView {
  return project(
    {
      state: "starting",
      since: now - 3200,
      doing: { step: "Downloading PostgreSQL 15.18", done: 12_400_000, whole: 34_100_000 },
    },
    { name: "harbour", slot: 2, services: (name, slot) => service(name, slot, { state: "waiting", needs: [] }) },
  );
}

function exited(): ProjectView {
  return project({
    state: "failed",
    error: wireError({
      log_tail: [
        "Traceback (most recent call last):",
        '  File "workbench/app.py", line 41, in create_app',
        "    settings = Settings.from_env()",
        "ValueError: WORKSPACE_DIR is not a folder",
      ],
    }),
  });
}

function fine(now: number): ProjectView {
  return project(
    { state: "running", since: now, health: "healthy" },
    {
      name: "ai-research",
      slot: 1,
      services: (name, slot) =>
        service(
          name,
          slot,
          { state: "running", since: now, health: healthy(name, now - 2_000) },
          {
            launched_at: now - 61_000,
            ready_at: now - 59_790,
            ...(name === "frontend"
              ? { enforcement: { not_enforced: { because: "this account has no cgroup of its own." } } }
              : {}),
          },
        ),
    },
  );
}

const TEXTS: Readonly<Record<Service, readonly string[]>> = {
  postgres: [
    "LOG:  checkpoint starting: time",
    "LOG:  checkpoint complete: wrote 41 buffers (0.3%)",
    "LOG:  database system is ready to accept connections",
  ],
  redis: ["* Ready to accept connections tcp", "* 1 changes in 3600 seconds. Saving...", "* DB saved on disk"],
  backend: [
    '\u001b[32mINFO\u001b[0m:     127.0.0.1:51884 - "\u001b[1mGET /api/overview HTTP/1.1\u001b[0m" \u001b[32m200 OK\u001b[0m',
    "\u001b[33mWARNING\u001b[0m:  slow walk of the folder: 412 ms for 8,214 files",
    "\u001b[31mERROR\u001b[0m:    could not read .git/HEAD: permission denied",
  ],
  frontend: [
    "  \u001b[32m➜\u001b[39m  Local:   http://127.0.0.1:3010/",
    "\u001b[2m10:41:02\u001b[22m hmr update /src/pages/Overview.tsx, /src/pages/Notes.tsx",
  ],
};

export function sampleLog(count: number): LogLine[] {
  if (count === 0) return [];
  const lines = [logLine(1, "postgres started (PostgreSQL 15.14)", { stream: "hub", service: "postgres" })];
  for (let seq = 2; seq <= count; seq += 1) {
    const name = SERVICES[(seq * 7) % 4] ?? "backend";
    const texts = TEXTS[name];
    lines.push(logLine(seq, texts[seq % texts.length] ?? "", { service: name }));
  }
  return lines;
}

function show(views: ProjectView[], log = 0) {
  return (host: FakeHost) => {
    host.backlog = { lines: sampleLog(log), missed: 0 };
    host.snapshot(views);
  };
}

function page(view: ProjectView, tab: string, log = 400): Scene {
  return { hash: `#/projects/${view.id}/${tab}`, play: show([view], log) };
}

export function scenes(now: number): Record<string, Scene> {
  const list = many(now);
  const failed = list[3] ?? exited();
  return {
    empty: { hash: "#/projects", play: show([]) },
    list: { hash: "#/projects", play: show(list) },
    lost: {
      hash: "#/projects",
      play: (host) => {
        host.snapshot(list);
        host.push({ kind: "lost", reason: null });
      },
    },
    project: page(fine(now), "overview"),
    starting: page(starting(now), "overview", 40),
    downloading: page(downloading(now), "overview", 0),
    port: page(failed, "overview", 0),
    exited: page(exited(), "overview", 60),
    logs: page(fine(now), "logs", 5_000),
    settings: page(fine(now), "settings", 0),
    preferences: { hash: "#/settings", play: show(list) },
    doctor: { hash: "#/doctor", play: show(list) },
  };
}
