/*
 * What a project's or service's wire state means to the user: mark, words, proof, order. Pure functions, no time of
 * their own; ages are put in words where they are shown.
 */
import type { StateName } from "@cchub/kit";
import type { Health, ProjectView, ServiceView, WireError } from "../api";

/** What is shown of a state beside its mark. */
export interface Evidence {
  /** What was proven or what is wrong, in words. */
  words: string;
  /** When that was so, UTC milliseconds. */
  at: number | null;
}

export function projectMark(project: ProjectView): StateName {
  switch (project.state.state) {
    case "queued":
      return "waiting";
    case "running":
      return project.state.health;
    case "stopped":
    case "starting":
    case "stopping":
    case "failed":
    case "gave_up":
      return project.state.state;
  }
}

export function serviceMark(service: ServiceView): StateName {
  switch (service.state.state) {
    case "running":
      return service.state.health.health;
    case "pausing":
      return "waiting";
    case "stopped":
    case "waiting":
    case "starting":
    case "stopping":
    case "gave_up":
      return service.state.state;
  }
}

/** Something is wrong or not proven: it is listed first and counted. */
export function needsAttention(project: ProjectView): boolean {
  return ["failed", "gave_up", "unhealthy", "degraded", "unknown"].includes(projectMark(project));
}

/** The project owns processes, or is about to. */
export function isActive(project: ProjectView): boolean {
  return project.state.state !== "stopped" && project.state.state !== "failed";
}

export function problemOf(project: ProjectView): WireError | null {
  return project.state.state === "failed" || project.state.state === "gave_up" ? project.state.error : null;
}

function rank(project: ProjectView): number {
  return needsAttention(project) ? 0 : isActive(project) ? 1 : 2;
}

/** What needs attention first, then what runs, then the rest; by name within each. */
export function inOrder(projects: readonly ProjectView[]): ProjectView[] {
  return [...projects].sort(
    (a, b) =>
      rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }) || a.id.localeCompare(b.id),
  );
}

/** Projects whose name or path holds every word. */
export function filtered(projects: readonly ProjectView[], query: string): ProjectView[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return projects.filter((project) => {
    const text = `${project.name} ${project.path}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export interface Summary {
  running: number;
  attention: number;
}

export function summarise(projects: readonly ProjectView[]): Summary {
  return { running: projects.filter(isActive).length, attention: projects.filter(needsAttention).length };
}

export function summaryWords({ running, attention }: Summary): string {
  const parts = [`${running} running`];
  if (attention > 0) parts.push(`${attention} ${attention === 1 ? "needs" : "need"} attention`);
  return parts.join(" · ");
}

function healthEvidence(health: Health): Evidence {
  switch (health.health) {
    case "healthy":
      return { words: health.proof.what, at: health.proof.at };
    case "degraded":
    case "unhealthy":
      return { words: health.why, at: health.last.at };
    case "unknown":
      return { words: `No answer since ${health.last.what}`, at: health.last.at };
  }
}

export function serviceEvidence(service: ServiceView): Evidence {
  const { state } = service;
  switch (state.state) {
    case "stopped":
      return { words: "", at: null };
    case "waiting":
      return { words: state.needs.length > 0 ? `Waits for ${listed(state.needs)}` : "", at: null };
    case "starting": {
      const attempt = state.attempt > 1 ? `Attempt ${state.attempt}. ` : "";
      if (state.needs.length > 0) return { words: `${attempt}Ready, waits for ${listed(state.needs)}`, at: null };
      return { words: `${attempt}${state.last_miss ?? "Coming up"}`, at: null };
    }
    case "running":
      return healthEvidence(state.health);
    case "pausing":
      return { words: `${state.error.message} It is started again shortly.`, at: null };
    case "stopping":
      return { words: "Ending", at: null };
    case "gave_up":
      return { words: state.error.message, at: null };
  }
}

/** One line that says why the project's state is what it is. */
export function projectEvidence(project: ProjectView): Evidence {
  const { state } = project;
  switch (state.state) {
    case "stopped":
      return { words: project.was_interrupted ? "Was running when the Hub ended without stopping it" : "", at: null };
    case "queued":
      return { words: "Waits until fewer projects are starting", at: null };
    case "starting":
      return { words: state.doing.step, at: null };
    case "stopping":
      return { words: "Ending its services", at: null };
    case "failed":
    case "gave_up":
      return { words: state.error.message, at: null };
    case "running": {
      if (state.health === "healthy") return { words: "All four services proven", at: project.proven_at };
      const worst =
        project.services.find((service) => serviceMark(service) === state.health) ??
        project.services.find((service) => serviceMark(service) !== "healthy");
      if (!worst) return { words: "", at: null };
      const evidence = serviceEvidence(worst);
      return { words: `${worst.service}: ${evidence.words}`, at: evidence.at };
    }
  }
}

/** "postgres", "postgres and redis", "postgres, redis and backend". */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

/** What all services of a project use together, where any of it is measured. */
export function totalUsage(project: ProjectView): { cpu: number; memory: number; allowed: number } | null {
  const measured = project.services.flatMap((service) => (service.usage ? [service.usage] : []));
  if (measured.length === 0) return null;
  return {
    cpu: measured.reduce((sum, usage) => sum + usage.cpu_percent, 0),
    memory: measured.reduce((sum, usage) => sum + usage.memory_mb, 0),
    allowed: project.services.reduce((sum, service) => sum + service.limits.memory_mb, 0),
  };
}
