/*
 * Projects, services, failures and log lines as the Hub would send them, for tests and the gallery.
 */
import type {
  Health,
  LogLine,
  ProjectState,
  ProjectView,
  Service,
  ServiceState,
  ServiceView,
  WireError,
} from "../src/api";

const SERVICES: readonly Service[] = ["postgres", "redis", "backend", "frontend"];
const PORTS = { postgres: 5432, redis: 6379, backend: 8000, frontend: 3000 };
const STEPS = { postgres: 1, redis: 1, backend: 10, frontend: 10 };
const LIMITS = {
  postgres: { cpu: 1, memory_mb: 2048 },
  redis: { cpu: 0.5, memory_mb: 512 },
  backend: { cpu: 1, memory_mb: 1024 },
  frontend: { cpu: 0.5, memory_mb: 512 },
};
const PROGRAMS = {
  postgres: "PostgreSQL 15.14",
  redis: "Redis 7.0.15",
  backend: "Python 3.11.9",
  frontend: "Node 20.20.0",
};
const PROVEN = { postgres: "SQL answered", redis: "PING answered", backend: "/health ok", frontend: "Page answered" };
const USED = { postgres: 84, redis: 9, backend: 96, frontend: 88 };

export function healthy(service: Service, at: number, took = 4): Health {
  return { health: "healthy", proof: { what: PROVEN[service], at, took_ms: took } };
}

export function wireError(change: Partial<WireError> = {}): WireError {
  return {
    code: "SERVICE_EXITED",
    message: "The backend ended while it was being started.",
    action: "Read its last lines below, then try again.",
    cause: "exited with code 1",
    project: null,
    service: "backend",
    log_tail: [],
    offer: null,
    retryable: true,
    ...change,
  };
}

export function service(
  name: Service,
  slot: number,
  state: ServiceState,
  change: Partial<ServiceView> = {},
): ServiceView {
  const up = state.state === "running";
  return {
    service: name,
    state,
    port: PORTS[name] + slot * STEPS[name],
    pid: up ? 4000 + slot * 10 + SERVICES.indexOf(name) : null,
    user: up ? "ada" : null,
    non_root: up ? { enforced: { by: "user id 1000" } } : null,
    program: up ? PROGRAMS[name] : null,
    limits: LIMITS[name],
    enforcement: up ? { enforced: { by: "cgroup v2" } } : null,
    read_only: null,
    usage: up ? { cpu_percent: SERVICES.indexOf(name) + 0.6, memory_mb: USED[name] } : null,
    launched_at: null,
    ready_at: null,
    restarts: 0,
    last_error: null,
    ...change,
  };
}

export interface ProjectOptions {
  name?: string;
  slot?: number;
  now?: number;
  path?: string;
  services?: (name: Service, slot: number) => ServiceView;
  change?: Partial<ProjectView>;
}

export function project(state: ProjectState, options: ProjectOptions = {}): ProjectView {
  const { name = "performia", slot = 0, now = Date.now() } = options;
  const port = (each: Service) => PORTS[each] + slot * STEPS[each];
  const running = state.state === "running";
  const make = options.services ?? ((each: Service) => service(each, slot, restState(each, state, now)));
  return {
    id: `p${slot}${name.replace(/\W/g, "").toLowerCase()}`.padEnd(8, "x"),
    name,
    path: options.path ?? `/home/ada/Projects/${name}`,
    runtime: {
      choice: "auto",
      in_use: running ? "native" : null,
      why: running ? "No Dagger engine answers here." : "",
    },
    folder: null,
    engine: null,
    images: {
      postgres: "postgres:15-alpine",
      redis: "redis:7-alpine",
      backend: "python:3.11-slim",
      frontend: "node:22-alpine",
    },
    read_only: false,
    pinned: false,
    autostart: false,
    was_interrupted: false,
    environment: [],
    ports: { postgres: port("postgres"), redis: port("redis"), backend: port("backend"), frontend: port("frontend") },
    urls: { backend: `http://127.0.0.1:${port("backend")}`, frontend: `http://127.0.0.1:${port("frontend")}` },
    state,
    overall_healthy: running && state.health === "healthy",
    proven_at: running ? now - 2_000 : null,
    services: SERVICES.map((each) => make(each, slot)),
    at: now,
    ...options.change,
  };
}

function restState(name: Service, state: ProjectState, now: number): ServiceState {
  if (state.state === "running") return { state: "running", since: now - 60_000, health: healthy(name, now - 2_000) };
  if (state.state === "stopping") return { state: "stopping" };
  if (state.state === "queued") return { state: "waiting", needs: [] };
  return { state: "stopped" };
}

export function logLine(seq: number, text: string, change: Partial<LogLine> = {}): LogLine {
  return { seq, at: 1_764_000_000_000 + seq * 37, service: "backend", stream: "stdout", text, ...change };
}
