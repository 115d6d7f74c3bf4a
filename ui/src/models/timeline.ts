/*
 * The start of a project as a picture: one bar for each service on a common scale, from its launch to its first proof.
 */
import type { ProjectView, Service, ServiceView } from "../api";

export interface Bar {
  service: Service;
  /** Parts of the whole width, 0 to 1. */
  from: number;
  to: number;
  /** Milliseconds from launch to proof, or so far; null before the launch. */
  took: number | null;
  done: boolean;
}

export interface Timeline {
  /** Milliseconds since the start was asked for. */
  total: number;
  bars: readonly Bar[];
  ready: number;
}

/** Shortest scale, in milliseconds, so that a first bar does not fill the whole width at once. */
const SHORTEST_SCALE = 1_000;

export function startTimeline(project: ProjectView, now: number): Timeline | null {
  if (project.state.state !== "starting") return null;
  const begun = project.state.since;
  const total = Math.max(0, now - begun);
  const scale = Math.max(SHORTEST_SCALE, total);
  const bars = project.services.map((service) => bar(service, begun, now, scale));
  return { total, bars, ready: bars.filter((each) => each.done).length };
}

function bar(service: ServiceView, begun: number, now: number, scale: number): Bar {
  const launched = service.launched_at !== null && service.launched_at >= begun ? service.launched_at : null;
  if (launched === null) return { service: service.service, from: 0, to: 0, took: null, done: false };
  const ready = service.state.state === "running" ? service.ready_at : null;
  const until = ready ?? now;
  const part = (at: number) => Math.min(1, Math.max(0, (at - begun) / scale));
  return {
    service: service.service,
    from: part(launched),
    to: part(until),
    took: Math.max(0, until - launched),
    done: ready !== null,
  };
}

/** Milliseconds from the first launch to the last first proof of the present run; null where that is not known. */
export function startTook(project: ProjectView): number | null {
  if (project.state.state !== "running") return null;
  const launched = project.services.map((service) => service.launched_at);
  const ready = project.services.map((service) => service.ready_at);
  if (launched.includes(null) || ready.includes(null)) return null;
  // A service that was started again later says nothing about the start of all.
  if (project.services.some((service) => service.restarts > 0)) return null;
  return Math.max(...ready.map(Number)) - Math.min(...launched.map(Number));
}
