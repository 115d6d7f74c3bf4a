/*
 * One note: its text, what it points at, its earlier versions. What is typed is kept in this browser at once and stored
 * on the user's word, made from a named version, so that two windows never overwrite each other unseen.
 */
import { Button, ConfirmDialog, IconButton, TextField, toast } from "@cchub/kit";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, History, Pin, PinOff, Trash2 } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";
import type { Note, NoteText, NotesApi } from "../../api/notes";
import type { SearchApi } from "../../api/search";
import { ApiError } from "../../api/transport";
import type { Drafts } from "../../models/drafts";
import { Conflict } from "../../parts/Conflict";
import { DraftNotice } from "../../parts/DraftNotice";
import { Links } from "../../parts/Links";
import { MarkdownField } from "../../parts/MarkdownField";
import { Versions } from "../../parts/Versions";
import { useEdits } from "../../parts/useEdits";
import { useNow } from "../../parts/useNow";
import { useTyped } from "../../parts/useTyped";
import { useCommands } from "../../shell/commands";
import { hrefTo } from "../../shell/router";
import { ago } from "../../words";
import styles from "./NoteEditor.module.css";

/** Stands for the note that is being written, among the ids of those that are stored. */
export const NEW = "new";
/** The longest title and text that the backend takes. */
const TITLE_MAX = 300;
const BODY_MAX = 200_000;

export interface NoteEditorProps {
  api: { notes: NotesApi; search: Pick<SearchApi, "findFiles"> };
  /** Null for a new one. */
  note: Note | null;
  drafts: Drafts;
  /** Another note is to be shown, or none. */
  onGo: (id: string | null) => void;
}

type Facts = Pick<NoteText, "pinned" | "links">;

const factsOf = (note: Note | null): Facts => ({ pinned: note?.pinned ?? false, links: note?.links ?? [] });

function useSaving({ api, note, onGo, drafts }: NoteEditorProps) {
  const queries = useQueryClient();
  const id = note?.id ?? NEW;
  const typed = useTyped(drafts, id, note);
  const edits = useEdits(factsOf(note), note?.version ?? 0);
  const changed = typed.changed || edits.changed;
  const base = note === null ? 0 : Math.min(typed.base?.version ?? note.version, edits.since);
  // Not awaited: while the backend is away this lasts, and what failed is to be told at once.
  const fresh = () => void queries.invalidateQueries({ queryKey: ["notes"] });
  const save = useMutation({
    mutationFn: ({ version, text }: { version: number; text: NoteText }) =>
      note ? api.notes.edit(note.id, version, text) : api.notes.create(text),
    onSuccess: (stored, { text }) => {
      typed.saved(stored, text);
      edits.reset();
      queries.setQueryData(["notes", "one", stored.id], stored);
      if (!note) onGo(stored.id);
      fresh();
    },
    // A refused edit was made from an old version: the newer one is then shown as the choice.
    onError: fresh,
  });
  const send = (version: number) =>
    save.mutate({ version, text: { title: typed.title, body: typed.body, ...edits.values } });
  const restore = useMutation({
    mutationFn: (version: number) => api.notes.restore(id, version),
    onSuccess: (stored) => {
      typed.discard();
      queries.setQueryData(["notes", "one", stored.id], stored);
      toast({ title: "Restored", description: `“${stored.title}” is as it was then.`, tone: "healthy" });
      fresh();
    },
    onError: (error) => {
      toast({ title: "The version was not restored", description: error.message, tone: "failed" });
      fresh();
    },
  });
  const overtaken = note !== null && changed && note.version > base;
  const canSave = changed && typed.title.trim() !== "" && !save.isPending;
  const theirs = () => {
    typed.discard();
    edits.reset();
    save.reset();
  };
  return { typed, edits, changed, base, overtaken, canSave, save, send, restore, theirs };
}

export function NoteEditor(props: NoteEditorProps) {
  const { api, note, onGo } = props;
  const saving = useSaving(props);
  const { typed, edits, save, base } = saving;
  const [history, setHistory] = useState(false);
  const title = useRef<HTMLInputElement>(null);
  const isNew = note === null;
  // Before the browser paints: letters that are typed at once are the title's.
  useLayoutEffect(() => (isNew ? title.current?.focus() : undefined), [isNew]);
  const pinned = edits.values.pinned;
  useCommands([
    {
      id: "note-save",
      title: "Save the note",
      group: "Notes",
      keys: "Mod+S",
      run: () => (saving.canSave ? saving.send(base) : undefined),
    },
  ]);
  return (
    <form
      className={styles.editor}
      aria-label={note ? "Note" : "New note"}
      onSubmit={(event) => {
        event.preventDefault();
        if (saving.canSave) saving.send(base);
      }}
    >
      <div className={styles.tools}>
        <a href={hrefTo("notes")} className={styles.back}>
          <ArrowLeft size={14} aria-hidden="true" /> All notes
        </a>
        <State saving={saving} note={note} />
        <IconButton
          label={pinned ? "Unpin" : "Pin to the top"}
          icon={pinned ? <PinOff /> : <Pin />}
          aria-pressed={pinned}
          onClick={() => edits.change({ pinned: !pinned })}
        />
        {note ? (
          <IconButton
            label="Earlier versions"
            icon={<History />}
            aria-expanded={history}
            onClick={() => setHistory(!history)}
            data-testid="note-history"
          />
        ) : null}
        {note ? <DeleteButton api={api.notes} note={note} drafts={props.drafts} onGo={onGo} /> : null}
        <Button
          type="submit"
          variant="primary"
          busy={save.isPending}
          disabled={!saving.canSave && !save.isPending}
          data-testid="note-save"
        >
          Save
        </Button>
      </div>
      <DraftNotice typed={typed} />
      <Refusal saving={saving} note={note} />
      {history && note ? (
        <Versions
          topic={["notes", "history", note.id, note.version]}
          load={() => api.notes.history(note.id)}
          current={note.version}
          busy={saving.restore.isPending}
          onRestore={({ version }) => saving.restore.mutate(version)}
        />
      ) : null}
      <TextField
        ref={title}
        label="Title"
        value={typed.title}
        maxLength={TITLE_MAX}
        onChange={(event) => typed.set({ title: event.target.value })}
        data-testid="note-title"
      />
      <MarkdownField
        label="Text, in Markdown"
        value={typed.body}
        onChange={(body) => typed.set({ body })}
        maxLength={BODY_MAX}
        fill
        data-testid="note-body"
      />
      <div className={styles.linked}>
        <h2>Linked files</h2>
        <Links links={edits.values.links} onChange={(links) => edits.change({ links })} search={api.search} />
      </div>
    </form>
  );
}

type Saving = ReturnType<typeof useSaving>;

/** How the note stands: stored, being stored, or kept here alone. */
function State({ saving, note }: { saving: Saving; note: Note | null }) {
  const now = useNow();
  const words = saving.save.isPending
    ? "Saving"
    : saving.changed
      ? "Not saved yet; kept in this browser"
      : note
        ? `Saved ${ago(note.updated_at, now)}`
        : "";
  return (
    <p role="status" className={styles.state} data-testid="note-state">
      {words}
    </p>
  );
}

function Refusal({ saving, note }: { saving: Saving; note: Note | null }) {
  const { save, overtaken, send, theirs } = saving;
  const refused = save.error instanceof ApiError && save.error.status === 409;
  if (note && (overtaken || refused)) {
    return <Conflict what="note" ready={overtaken} onMine={() => send(note.version)} onTheirs={theirs} />;
  }
  if (!save.isError) return null;
  return (
    <p role="alert" className={styles.failed} data-testid="not-saved">
      Not saved: {save.error.message} Your text is kept in this browser; press Save again when the backend is back.
    </p>
  );
}

function DeleteButton({
  api,
  note,
  drafts,
  onGo,
}: { api: NotesApi; note: Note } & Pick<NoteEditorProps, "drafts" | "onGo">) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.remove(note.id, note.version),
    onSuccess: () => {
      drafts.drop(note.id);
      onGo(null);
      void queries.invalidateQueries({ queryKey: ["notes"] });
    },
    onError: (error) => {
      toast({ title: `“${note.title}” was not deleted`, description: error.message, tone: "failed" });
      void queries.invalidateQueries({ queryKey: ["notes"] });
    },
    onSettled: () => setAsked(false),
  });
  return (
    <>
      <IconButton label="Delete…" icon={<Trash2 />} onClick={() => setAsked(true)} />
      <ConfirmDialog
        open={asked}
        onCancel={() => setAsked(false)}
        onConfirm={() => remove.mutate()}
        title={`Delete “${note.title}”?`}
        confirmLabel="Delete note"
        danger
        busy={remove.isPending}
      >
        The note and its earlier versions go for good. The files it is linked to stay as they are.
      </ConfirmDialog>
    </>
  );
}
