/*
 * What the pages ask of the backend, by topic.
 */
import type { WorkbenchConfig } from "../config";
import { activityApi } from "./activity";
import { filesApi } from "./files";
import type { components } from "./generated/schema";
import { notesApi } from "./notes";
import { overviewApi } from "./overview";
import { peekApi } from "./peek";
import { searchApi } from "./search";
import { tasksApi } from "./tasks";
import { Transport } from "./transport";

export { ApiError } from "./transport";

type Schemas = components["schemas"];
export type Project = Schemas["Project"];
export type WorkbenchEvent = Schemas["Event"];

export type Api = ReturnType<typeof createApi>;

export function createApi(config: WorkbenchConfig) {
  const transport = new Transport(config);
  return {
    project: () => transport.json<Project>("GET", "/api/project"),
    overview: overviewApi(transport),
    notes: notesApi(transport),
    tasks: tasksApi(transport),
    activity: activityApi(transport),
    peek: peekApi(transport),
    files: filesApi(transport),
    search: searchApi(transport),
    /** Opens the stream of events, after the one with this id. */
    events: (last: string | null, signal: AbortSignal): Promise<Response> =>
      transport.open("GET", "/api/events", { headers: last === null ? {} : { "Last-Event-ID": last }, signal }),
  };
}
