/*
 * A project's settings as they are being edited: text fields to the change that is sent, checked before it is sent.
 * The Hub checks again; this only spares the way.
 */
import type { Params, ProjectView, RuntimeChoice, Service } from "../api";

export interface Draft {
  name: string;
  runtime: RuntimeChoice;
  /** Address of a Dagger engine; empty leaves it to the Hub. */
  engine: string;
  images: Record<Service, string>;
  readOnly: boolean;
  pinned: boolean;
  autostart: boolean;
  ports: Record<Service, string>;
  cpu: Record<Service, string>;
  memory: Record<Service, string>;
}

/** What is wrong with a field, by its name: "name", "ports.redis", "cpu.backend". */
export type DraftErrors = Readonly<Record<string, string>>;

const SERVICES: readonly Service[] = ["postgres", "redis", "backend", "frontend"];

function each<T>(make: (service: Service) => T): Record<Service, T> {
  return { postgres: make("postgres"), redis: make("redis"), backend: make("backend"), frontend: make("frontend") };
}

export function draftOf(project: ProjectView): Draft {
  const limits = (service: Service) => project.services.find((each) => each.service === service)?.limits;
  return {
    name: project.name,
    runtime: project.runtime.choice,
    engine: project.engine ?? "",
    images: each((service) => project.images[service]),
    readOnly: project.read_only,
    pinned: project.pinned,
    autostart: project.autostart,
    ports: each((service) => String(project.ports[service])),
    cpu: each((service) => String(limits(service)?.cpu ?? "")),
    memory: each((service) => String(limits(service)?.memory_mb ?? "")),
  };
}

export function checkDraft(draft: Draft): DraftErrors {
  const errors: Record<string, string> = {};
  if (draft.name.trim() === "") errors.name = "A project needs a name.";
  if (Array.from(draft.name.trim()).length > 100) errors.name = "A name has at most 100 characters.";
  const engine = draft.engine.trim();
  if (engine !== "" && !/^(unix|ssh|tls|tcp|kube-pod|container):\/\/\S+$/.test(engine))
    errors.engine = "An address like ssh://user@host, or nothing.";
  for (const service of SERVICES) {
    const port = whole(draft.ports[service]);
    if (port === null || port < 1024 || port > 65_535) errors[`ports.${service}`] = "A number from 1024 to 65535.";
    else if (SERVICES.some((other) => other !== service && whole(draft.ports[other]) === port)) {
      errors[`ports.${service}`] = "Two services cannot share a port.";
    }
    const cores = Number(draft.cpu[service]);
    if (draft.cpu[service].trim() === "" || !(cores >= 0.05 && cores <= 64))
      errors[`cpu.${service}`] = "0.05 to 64 cores.";
    const memory = whole(draft.memory[service]);
    if (memory === null || memory < 64 || memory > 1_048_576) errors[`memory.${service}`] = "64 to 1,048,576 MB.";
  }
  return errors;
}

function whole(text: string): number | null {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null;
}

/** Only what differs from the project as it is; null where nothing does. */
export function changeOf(project: ProjectView, draft: Draft): Params<"set"> | null {
  const before = draftOf(project);
  const change: Params<"set"> = { project: project.id };
  if (draft.name.trim() !== before.name) change.name = draft.name.trim();
  if (draft.runtime !== before.runtime) change.runtime = draft.runtime;
  if (draft.engine.trim() !== before.engine) change.engine = draft.engine.trim();
  const images = SERVICES.filter((service) => draft.images[service].trim() !== before.images[service]);
  if (images.length > 0) change.images = Object.fromEntries(images.map((each) => [each, draft.images[each].trim()]));
  if (draft.readOnly !== before.readOnly) change.read_only = draft.readOnly;
  if (draft.pinned !== before.pinned) change.pinned = draft.pinned;
  if (draft.autostart !== before.autostart) change.autostart = draft.autostart;
  const ports = SERVICES.filter((service) => draft.ports[service].trim() !== before.ports[service]);
  if (ports.length > 0) change.ports = Object.fromEntries(ports.map((each) => [each, Number(draft.ports[each])]));
  const limits = SERVICES.filter(
    (service) =>
      draft.cpu[service].trim() !== before.cpu[service] || draft.memory[service].trim() !== before.memory[service],
  );
  if (limits.length > 0) {
    change.limits = Object.fromEntries(
      limits.map((each) => [each, { cpu: Number(draft.cpu[each]), memory_mb: Number(draft.memory[each]) }]),
    );
  }
  return Object.keys(change).length > 1 ? change : null;
}
