/*
 * Storing a draft, and what follows when the file changed meanwhile: the other version is looked at beside one's own, and
 * one of them is chosen, or both are merged.
 */
import { toast } from "@cchub/kit";
import type { Text } from "@codemirror/state";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, type Api } from "../../../api/client";
import type { FileContent } from "../../../api/files";
import { putNewest } from "../../../api/newest";
import { drafts } from "../../../drafts";
import { useShown } from "../../../parts/useShown";

export interface Conflict {
  mine: string;
  theirs: FileContent;
  /** Stores mine in the place of theirs. */
  overwrite: () => void;
  /** Gives mine up. */
  takeTheirs: () => void;
  /** Goes on editing mine beside theirs. */
  merge: () => void;
  close: () => void;
}

export interface Saving {
  /** Hears what is typed. */
  typed: (text: Text) => void;
  save: () => void;
  /** Looks at what changed on the disk. */
  compare: () => void;
  busy: boolean;
  failure: Error | null;
  conflict: Conflict | null;
}

export function useSaving(api: Api, file: FileContent): Saving {
  const queries = useQueryClient();
  const [theirs, setTheirs] = useState<FileContent | null>(null);
  const isShown = useShown();
  const { id } = file;
  const saves = { mutationKey: ["file-save", id] };
  const look = useMutation({
    mutationFn: () => api.files.read(id),
    onSuccess: async (found) => {
      await putNewest<FileContent>(queries, ["file", id], () => found);
      setTheirs(found);
    },
  });
  const store = useMutation({
    ...saves,
    // Saves wait for each other: each sends what is typed by then, from the version that the one before it gave.
    scope: { id: `file-saves ${id}` },
    mutationFn: async (over: string | null) => {
      const draft = drafts.get(id);
      // A save that was asked before this one had it all.
      if (!draft) return;
      const { text, base } = draft;
      const typed = text.toString();
      const stored = await (isGone(queries.getQueryState(["file", id])?.error)
        ? api.files.create(file.path, typed)
        : api.files.save(id, typed, over ?? base.version));
      await putNewest<FileContent>(queries, ["file", id], () => stored);
      void queries.invalidateQueries({ queryKey: ["file-diff", id] });
      const now = drafts.get(id);
      // What was typed while it was being stored is still to be stored.
      if (!now || now.text.eq(text)) drafts.remove(id);
      else drafts.put(id, { text: now.text, base: stored, merging: false });
      setTheirs(null);
      toast({ title: "Saved", description: stored.path, tone: "healthy" });
    },
    onError: (error) => {
      const now = drafts.get(id);
      if (now && isSame(now.text, now.base.text ?? "")) drafts.remove(id);
      if (!isShown.current) {
        toast({
          title: `${file.path} was not saved`,
          description: `${error.message} What you typed is kept.`,
          tone: "failed",
        });
      } else if (isChange(error)) look.mutate();
    },
  });
  const draft = () => drafts.get(id);
  const refused = isChange(store.error);
  const mine = draft();
  return {
    typed: (text) => {
      const base = drafts.get(id)?.base ?? file;
      const merging = drafts.get(id)?.merging ?? false;
      // What is as it was before the save that is under way will not be as it is stored then.
      const isSaving = queries.isMutating(saves) > 0;
      if (!isSaving && isSame(text, base.text ?? "")) drafts.remove(id);
      else drafts.put(id, { text, base, merging });
    },
    save: () => (draft() ? store.mutate(null) : undefined),
    compare: () => look.mutate(),
    busy: store.isPending || look.isPending,
    failure: look.error ?? (refused ? null : store.error),
    conflict:
      theirs && mine
        ? {
            mine: mine.text.toString(),
            theirs,
            overwrite: () => store.mutate(theirs.version),
            takeTheirs: () => {
              drafts.remove(id);
              setTheirs(null);
            },
            merge: () => {
              drafts.put(id, { text: mine.text, base: theirs, merging: true });
              setTheirs(null);
            },
            close: () => setTheirs(null),
          }
        : null,
  };
}

/** Whether the file is not there any more, by what was said when it was read. */
export function isGone(error: Error | null | undefined): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** Whether a save was refused because the file changed meanwhile. */
function isChange(error: Error | null): boolean {
  return error instanceof ApiError && error.code === "file_changed";
}

function isSame(text: Text, stored: string): boolean {
  return text.length === stored.length && text.toString() === stored;
}
