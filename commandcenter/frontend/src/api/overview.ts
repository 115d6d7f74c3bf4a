/*
 * What the folder is, as the backend last saw it.
 */
import type { components } from "./generated/schema";
import type { Transport } from "./transport";

type Schemas = components["schemas"];
export type Overview = Schemas["Overview"];
export type Snapshot = Schemas["Snapshot"];
export type FolderFiles = Schemas["Files"];
export type Git = Schemas["Git"];
export type DirtyFile = Schemas["DirtyFile"];
export type Readme = Schemas["Readme"];
export type Todos = Schemas["Todos"];

export function overviewApi(transport: Transport) {
  return {
    get: () => transport.json<Overview>("GET", "/api/overview"),
    refresh: () => transport.send("POST", "/api/overview/refresh"),
  };
}

export type OverviewApi = ReturnType<typeof overviewApi>;
