/*
 * What is under way: the variables of the mutations that have no answer yet, in the order in which they were asked.
 */
import { useQueryClient, type MutationKey } from "@tanstack/react-query";
import { useCallback, useRef, useSyncExternalStore } from "react";

/** Told at once, not in a later task as by the library's own hook: what the user did is drawn with the press itself. */
export function usePending(mutationKey: MutationKey): readonly unknown[] {
  const mutations = useQueryClient().getMutationCache();
  const last = useRef<readonly unknown[]>([]);
  const subscribe = useCallback((onChange: () => void) => mutations.subscribe(onChange), [mutations]);
  return useSyncExternalStore(subscribe, () => {
    const found = mutations.findAll({ mutationKey, status: "pending" });
    const now = found.map(({ state }) => state.variables);
    const isSame = now.length === last.current.length && now.every((one, place) => one === last.current[place]);
    if (!isSame) last.current = now;
    return last.current;
  });
}
