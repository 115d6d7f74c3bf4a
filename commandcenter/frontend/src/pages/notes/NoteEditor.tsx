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
import { LeftText } from "../../parts/LeftText";
import { Links } from "../../parts/Links";
import { MarkdownField } from "../../parts/MarkdownField";
import { Versions } from "../../parts/Versions";
import { useNow } from "../../parts/useNow";
import { useCommands } from "../../shell/commands";
import { hrefTo } from "../../shell/router";
import { ago } from "../../words";
import styles from "./NoteEditor.module.css";
import { useSaving, type Saving } from "./useSaving";

/** The longest title and text that the backend takes. */
const TITLE_MAX = 300;
const BODY_MAX = 200_000;

export interface NoteEditorProps {
  api: { notes: NotesApi; search: Pick<SearchApi, "findFiles"> };
  /** Null for a new one. */
  note: Note | null;
  drafts: Drafts<NoteText>;
  /** Another note is to be shown, or none. */
  onGo: (id: string | null) => void;
  /** What was new is stored now, under this id. */
  onStored: (id: string) => void;
  /** This note was deleted. */
  onDeleted: (id: string) => void;
}

export function NoteEditor(props: NoteEditorProps) {
  const { api, note } = props;
  const saving = useSaving({ ...props, api: api.notes });
  const { typed, save } = saving;
  const { values, set } = typed;
  const [history, setHistory] = useState(false);
  const title = useRef<HTMLInputElement>(null);
  const isNew = note === null;
  // Before the browser paints: letters that are typed at once are the title's.
  useLayoutEffect(() => (isNew ? title.current?.focus() : undefined), [isNew]);
  const { pinned } = values;
  useCommands([
    {
      id: "note-save",
      title: "Save the note",
      group: "Notes",
      keys: "Mod+S",
      run: saving.send,
    },
  ]);
  return (
    <form
      className={styles.editor}
      aria-label={note ? "Note" : "New note"}
      onSubmit={(event) => {
        event.preventDefault();
        saving.send();
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
          onClick={() => set({ pinned: !pinned })}
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
        {note ? <DeleteButton api={api.notes} note={note} drafts={props.drafts} onDeleted={props.onDeleted} /> : null}
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
      <Refusal {...props} saving={saving} />
      {history && note ? (
        <Versions
          topic={["notes", "history", note.id, note.version]}
          load={() => api.notes.history(note.id)}
          current={note.version}
          busy={saving.isRestoring}
          unsaved={typed.changed}
          onRestore={({ version }) => saving.restore(version)}
        />
      ) : null}
      <TextField
        ref={title}
        label="Title"
        value={values.title}
        maxLength={TITLE_MAX}
        onChange={(event) => set({ title: event.target.value })}
        data-testid="note-title"
      />
      <MarkdownField
        label="Text, in Markdown"
        value={values.body}
        onChange={(body) => set({ body })}
        maxLength={BODY_MAX}
        fill
        data-testid="note-body"
      />
      <div className={styles.linked}>
        <h2>Linked files</h2>
        <Links links={values.links} onChange={(links) => set({ links })} search={api.search} />
      </div>
    </form>
  );
}

/** How the note stands: stored, being stored, or kept here alone. */
function State({ saving, note }: { saving: Saving; note: Note | null }) {
  const now = useNow();
  const words = saving.save.isPending
    ? "Saving"
    : saving.typed.changed
      ? `Not saved yet${saving.typed.keeps ? "; kept in this browser" : ""}`
      : note
        ? `Saved ${ago(note.updated_at, now)}`
        : "";
  return (
    <p role="status" className={styles.state} data-testid="note-state">
      {words}
    </p>
  );
}

function Refusal({ saving, note, api, drafts, onGo }: NoteEditorProps & { saving: Saving }) {
  const { save, typed, mine, theirs } = saving;
  const status = save.error instanceof ApiError ? save.error.status : null;
  if (note && (typed.overtaken || (status === 409 && typed.changed))) {
    return <Conflict what="note" ready={typed.overtaken} onMine={mine} onTheirs={theirs} />;
  }
  if (!save.isError || !typed.changed) return null;
  return (
    <>
      <p role="alert" className={styles.failed} data-testid="not-saved">
        Not saved: {save.error.message}{" "}
        {typed.keeps ? "Your text is kept in this browser" : "Leaving this page loses your text"}
        {status === 404 ? "." : "; press Save again when the backend is back."}
      </p>
      {note && status === 404 ? <LeftNote id={note.id} api={api.notes} drafts={drafts} onGo={onGo} /> : null}
    </>
  );
}

/** What was typed in a note that is not there any more. */
export function LeftNote({
  api,
  id,
  onGo,
  drafts,
}: { api: NotesApi; id: string } & Pick<NoteEditorProps, "drafts" | "onGo">) {
  const queries = useQueryClient();
  return (
    <LeftText
      what="note"
      id={id}
      drafts={drafts}
      onMake={async (text) => {
        const made = await api.create({ pinned: false, links: [], ...text });
        void queries.invalidateQueries({ queryKey: ["notes"] });
        onGo(made.id);
      }}
    />
  );
}

function DeleteButton({
  api,
  note,
  drafts,
  onDeleted,
}: { api: NotesApi; note: Note } & Pick<NoteEditorProps, "drafts" | "onDeleted">) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.remove(note.id, note.version),
    onSuccess: () => {
      drafts.drop(note.id);
      onDeleted(note.id);
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
