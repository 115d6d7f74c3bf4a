/*
 * Storing what was typed in a note, and going back to an earlier version. What was changed elsewhere in other fields
 * meanwhile stays as it is there; what was typed while it was being stored stays typed.
 */
import { toast } from "@cchub/kit";
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { putNewest } from "../../api/newest";
import type { Note, NoteText, NotesApi } from "../../api/notes";
import { NEW, type Drafts } from "../../models/drafts";
import { shown, versionToSend, type Stored } from "../../models/typed";
import { storeDraft } from "../../parts/storeDraft";
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

/** Stores what is typed by now, and says under which id in the same moment in which the draft gets it. */
function store({ api, queries, drafts }: Place, id: string, onStored: (as: string) => void): Promise<void> {
  const asked = { queryKey: keyOf(id), queryFn: () => api.get(id), retry: false };
  return storeDraft({
    drafts,
    id,
    known: async () => (id === NEW ? EMPTY : fieldsOf(await queries.query({ ...asked, staleTime: "static" }))),
    newest: async () => {
      if (id === NEW) return null;
      await queries.cancelQueries({ queryKey: asked.queryKey, exact: true });
      return fieldsOf(await queries.query(asked));
    },
    send: async (before, draft) => {
      const { title, body, pinned, links } = shown(before, draft);
      const text = { title, body, pinned, links };
      const stored = await (id === NEW ? api.create(text) : api.edit(id, versionToSend(before, draft), text));
      await putNewest<Note>(queries, keyOf(stored.id), () => stored);
      drafts.stored(id, text, { id: stored.id, ...fieldsOf(stored) });
      onStored(stored.id);
    },
  });
}
