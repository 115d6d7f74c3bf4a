/*
 * The task board of the backend.
 */
import type { Target } from "../models/board";
import type { components } from "./generated/schema";
import type { Transport } from "./transport";

type Schemas = components["schemas"];
/** A file, or a line in one, that a note or task points at. */
export type FileLink = Schemas["Link"];
export type Task = Schemas["Task"];
export type TaskVersion = Schemas["TaskVersion"];

/** What can be written of a task; its column is changed by a move. */
export type TaskText = Pick<Task, "title" | "body" | "labels" | "links" | "due">;

export type NewTask = Partial<TaskText> & Pick<Task, "title" | "column">;

/** Links as they are written: the path is the backend's to say. */
export function targets(links: readonly FileLink[]): { id: string; line: number | null }[] {
  return links.map(({ id, line }) => ({ id, line: line ?? null }));
}

export function tasksApi(transport: Transport) {
  const path = (id: string) => `/api/tasks/${encodeURIComponent(id)}`;
  return {
    list: async () => (await transport.json<Schemas["TaskList"]>("GET", "/api/tasks")).tasks,
    create: ({ links, ...task }: NewTask) =>
      transport.json<Task>("POST", "/api/tasks", { body: { ...task, ...(links ? { links: targets(links) } : {}) } }),
    edit: (id: string, version: number, { links, ...text }: TaskText) =>
      transport.json<Task>("PUT", path(id), { body: { ...text, links: targets(links), version } }),
    move: (id: string, version: number, target: Target) =>
      transport.json<Task>("POST", `${path(id)}/move`, { body: { ...target, version } }),
    remove: (id: string, version: number) => transport.send("DELETE", path(id), { query: { version } }),
    history: (id: string) => transport.json<TaskVersion[]>("GET", `${path(id)}/history`),
  };
}

export type TasksApi = ReturnType<typeof tasksApi>;
