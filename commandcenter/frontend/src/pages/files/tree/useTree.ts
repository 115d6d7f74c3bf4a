/*
 * What the tree shows: listings of the folders that are unfolded, loaded when they are. Remembers what was unfolded
 * while the application runs, and unfolds the way to the file that is shown.
 */
import { useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Api } from "../../../api/client";
import type { Listing } from "../../../api/files";
import { parentIds } from "../../../api/ids";
import { useRouter } from "../../../shell/router";
import { ROOT, rowsOf, type Branch, type TreeRow } from "./rows";

const MEMORY = "files unfolded";

export interface Tree {
  rows: readonly TreeRow[];
  expand: (id: string) => void;
  collapse: (id: string) => void;
  collapseAll: () => void;
}

export function useTree(api: Api, shown: string | null, showIgnored: boolean): Tree {
  const router = useRouter();
  const [state, setState] = useState(() => ({
    expanded: (router.recall(MEMORY) as ReadonlySet<string> | undefined) ?? new Set<string>(),
    shown: null as string | null,
  }));
  const set = (expanded: ReadonlySet<string>, file = state.shown) => {
    router.remember(MEMORY, expanded);
    setState({ expanded, shown: file });
  };
  // Another file is shown: the way to it is unfolded once, and can be folded again.
  if (shown !== state.shown) set(new Set([...state.expanded, ...(shown === null ? [] : parentIds(shown))]), shown);
  const { expanded } = state;
  const ids = useMemo(() => [ROOT, ...expanded], [expanded]);
  const answers = useQueries({
    queries: ids.map((id) => ({
      queryKey: ["files", id, showIgnored],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.files.list(id === ROOT ? null : id, showIgnored, { signal }),
    })),
    combine: toBranches,
  });
  const rows = useMemo(() => {
    const branches = new Map<string, Branch>();
    ids.forEach((id, index) => branches.set(id, answers[index] ?? { listing: undefined, error: null }));
    return rowsOf(branches, expanded);
  }, [ids, answers, expanded]);
  return {
    rows,
    expand: (id) => set(new Set([...expanded, id])),
    collapse: (id) => set(new Set([...expanded].filter((one) => one !== id))),
    collapseAll: () => set(new Set()),
  };
}

/** Stands outside of the hook, so that equal answers stay the same object. */
function toBranches(results: readonly { data: Listing | undefined; error: Error | null }[]): Branch[] {
  return results.map(({ data, error }) => ({ listing: data, error }));
}
