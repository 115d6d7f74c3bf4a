/*
 * Says that something the page needs is not there right now, while the page asks for it again and again: the database,
 * as the backend reports it, or Redis, on which the live stream waits.
 */
import { useDelayed } from "@cchub/kit";
import { useQueryClient, type QueryCache } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { LiveEvents } from "../api/live";
import { ApiError } from "../api/transport";
import { Banner } from "./Banner";

/** Shorter outages are not worth a word, in milliseconds. */
const PATIENCE = 400;

export function PassingTrouble({ live }: { live: LiveEvents }) {
  const cache = useQueryClient().getQueryCache();
  const failing = useSyncExternalStore(
    (changed) => cache.subscribe(changed),
    () => passingFailure(cache),
  );
  const { waiting } = useSyncExternalStore(live.subscribe, live.getState);
  const due = useDelayed(failing !== null || waiting, PATIENCE);
  if (!due) return null;
  return (
    <Banner tone="warning" data-testid="passing-trouble">
      {failing?.message ?? "Redis does not answer right now: what happens is shown once it does."} This page goes on by
      itself; nothing you typed is lost.
    </Banner>
  );
}

/** Why a question that is being asked again has failed; null while all is well. */
function passingFailure(cache: QueryCache): ApiError | null {
  for (const { state } of cache.getAll()) {
    const reason = state.fetchFailureReason;
    if (state.fetchStatus === "fetching" && reason instanceof ApiError && reason.status === 503) return reason;
  }
  return null;
}
