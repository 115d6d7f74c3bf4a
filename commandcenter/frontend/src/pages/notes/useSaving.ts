/*
 * Storing what was typed in a note, and going back to an earlier version. What was changed elsewhere in other fields
 * meanwhile stays as it is there; what was typed while it was being stored stays typed.
 */
import { toast } from "@cchub/kit";
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { putNewest } from "../../api/newest";
import type { Note, NoteText, NotesApi } from "../../api/notes";
import { ApiError } from "../../api/transport";
import { NEW, type Drafts } from "../../models/drafts";
import { isOvertaken, shown, versionToSend, type Stored } from "../../models/typed";
import { useShown } from "../../parts/useShown";
import { useTyped } from "../../parts/useTyped";

/** Saves wait for each other: each sends what is typed by then, from the version that the one before it gave. */
const SAVES = { id: "note-saves" } as const;
const EMPTY: Stored<NoteText> = { title: "", body: "", pinned: false, links: [], version: 0 };

export const keyOf = (id: string) => ["notes", "one", id] as const;

export function fieldsOf({ title, body, pinned, links, version }: Note): Stored<NoteText> {
  return { title, body, pinned, links, version };
}

export interface SavingProps {
  api: NotesApi;
  /** Null for a new one. */
  note: Note | null;
  drafts: Drafts<NoteText>;
  /** What was new is stored now, under this id. */
  onStored: (id: string) => void;
}

export function useSaving({ api, note, drafts, onStored }: SavingProps) {
  const queries = useQueryClient();
  const id = note?.id ?? NEW;
  // For a moment the answer is known before it is drawn: a draft that it made needless must not uncover what was before.
  const answered = queries.getQueryData<Note>(keyOf(id));
  const newest = answered && note && answered.version > note.version ? answered : note;
  const stored = newest ? fieldsOf(newest) : EMPTY;
  const typed = useTyped(drafts, id, stored);
  const isShown = useShown();
  // A save that waits while a new note is being stored is one of that note.
  const written = useRef(id);
  // Not awaited: while the backend is away this lasts, and what failed is to be told at once.
  const fresh = () => void queries.invalidateQueries({ queryKey: ["notes"] });
  const save = useMutation({
    scope: SAVES,
    mutationFn: () => {
      const was = written.current;
      const follow = (as: string) => {
        written.current = as;
        if (was === NEW) onStored(as);
      };
      return drafts.sending(was, () => store({ api, queries, drafts }, was, follow));
    },
    onError: (error) => {
      if (isShown.current) return;
      const { title } = shown(stored, drafts.read(written.current));
      const description = `${error.message} What you typed is kept; open the note to save it again.`;
      toast({ title: `“${title}” was not saved`, description, tone: "failed" });
    },
    onSettled: fresh,
  });
  const restore = useMutation({
    scope: SAVES,
    mutationFn: async ({ version, instead }: { version: number; instead: NoteText }) => {
      const restored = await api.restore(id, version);
      await putNewest<Note>(queries, keyOf(id), () => restored);
      drafts.stored(id, instead, { id, ...fieldsOf(restored) });
      return restored;
    },
    onSuccess: ({ title }) =>
      toast({ title: "Restored", description: `“${title}” is as it was then.`, tone: "healthy" }),
    onError: (error) => toast({ title: "The version was not restored", description: error.message, tone: "failed" }),
    onSettled: fresh,
  });
  const canSave = typed.changed && typed.values.title.trim() !== "";
  return {
    typed,
    save,
    canSave,
    send: () => (canSave ? save.mutate() : undefined),
    restore: (version: number) => restore.mutate({ version, instead: typed.values }),
    isRestoring: restore.isPending,
    mine: () => {
      typed.insist();
      save.mutate();
    },
    theirs: () => {
      typed.discard();
      save.reset();
    },
  };
}

export type Saving = ReturnType<typeof useSaving>;

interface Place {
  api: NotesApi;
  queries: QueryClient;
  drafts: Drafts<NoteText>;
}

/**
 * Stores what is typed by now, and says under which id in the same moment in which the draft gets it. Refused where it
 * would cover unseen what somebody else stored.
 */
async function store({ api, queries, drafts }: Place, id: string, onStored: (as: string) => void): Promise<void> {
  const read = () =>
    queries.query({ queryKey: keyOf(id), queryFn: () => api.get(id), retry: false, staleTime: "static" });
  for (;;) {
    const draft = drafts.read(id);
    // A save that was asked before this one had it all.
    if (draft === null) return;
    const before = id === NEW ? EMPTY : fieldsOf(await read());
    const { title, body, pinned, links } = shown(before, draft);
    const text = { title, body, pinned, links };
    try {
      const stored = id === NEW ? await api.create(text) : await api.edit(id, versionToSend(before, draft), text);
      await putNewest<Note>(queries, keyOf(stored.id), () => stored);
      drafts.stored(id, text, { id: stored.id, ...fieldsOf(stored) });
      onStored(stored.id);
      return;
    } catch (error) {
      if (id === NEW || !(error instanceof ApiError) || error.status !== 409) throw error;
      await queries.cancelQueries({ queryKey: keyOf(id), exact: true });
      const newer = await queries.query({ queryKey: keyOf(id), queryFn: () => api.get(id), retry: false });
      if (newer.version <= before.version || isOvertaken(fieldsOf(newer), drafts.read(id))) throw error;
    }
  }
}
