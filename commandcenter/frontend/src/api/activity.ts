/*
 * What has happened, from the event stream's history; what happens now comes through ./live.
 */
import type { components } from "./generated/schema";
import type { Transport } from "./transport";

export type ActivityPage = components["schemas"]["ActivityPage"];

/** So many events are asked for at once. */
export const ACTIVITY_PAGE = 200;

export function activityApi(transport: Transport) {
  return {
    /** Events before the one with this id; of the named types where any are named. */
    page: (before: string | null, types: readonly string[], signal?: AbortSignal) =>
      transport.json<ActivityPage>("GET", "/api/activity", {
        query: { limit: ACTIVITY_PAGE, before, kinds: types.length > 0 ? types.join(",") : null },
        signal,
      }),
  };
}

export type ActivityApi = ReturnType<typeof activityApi>;
