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
import { drafts } from "../../../drafts";

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

export function useSaving(api: Api, file: FileContent, gone: boolean): Saving {
  const queries = useQueryClient();
  const [theirs, setTheirs] = useState<FileContent | null>(null);
  const { id } = file;
  const look = useMutation({
    mutationFn: () => api.files.read(id),
    onSuccess: (found) => {
      queries.setQueryData(["file", id], found);
      setTheirs(found);
    },
  });
  const store = useMutation({
    mutationFn: ({ text, version }: { text: Text; version: string }) =>
      gone ? api.files.create(file.path, text.toString()) : api.files.save(id, text.toString(), version),
    onSuccess: (stored, { text }) => {
      queries.setQueryData(["file", id], stored);
      void queries.invalidateQueries({ queryKey: ["file-diff", id] });
      const draft = drafts.get(id);
      // What was typed while it was being stored is still to be stored.
      if (!draft || draft.text.eq(text)) drafts.remove(id);
      else drafts.put(id, { text: draft.text, base: stored, merging: false });
      setTheirs(null);
      toast({ title: "Saved", description: stored.path, tone: "healthy" });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.code === "file_changed") look.mutate();
    },
  });
  const draft = () => drafts.get(id);
  const send = (version: string) => {
    const text = draft()?.text;
    if (text && !store.isPending) store.mutate({ text, version });
  };
  const refused = store.error instanceof ApiError && store.error.code === "file_changed";
  const mine = draft();
  return {
    typed: (text) => {
      const base = drafts.get(id)?.base ?? file;
      const merging = drafts.get(id)?.merging ?? false;
      if (isSame(text, base.text ?? "")) drafts.remove(id);
      else drafts.put(id, { text, base, merging });
    },
    save: () => send(draft()?.base.version ?? file.version),
    compare: () => look.mutate(),
    busy: store.isPending || look.isPending,
    failure: look.error ?? (refused ? null : store.error),
    conflict:
      theirs && mine
        ? {
            mine: mine.text.toString(),
            theirs,
            overwrite: () => send(theirs.version),
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

function isSame(text: Text, stored: string): boolean {
  return text.length === stored.length && text.toString() === stored;
}
