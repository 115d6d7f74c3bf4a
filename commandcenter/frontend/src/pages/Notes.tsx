/*
 * Notes kept in the project's database: list, search, write, change, delete. An edit names the version it was made from,
 * so that two windows never overwrite each other unseen; what was typed stays in the field until it is stored.
 */
import { Button, Card, ConfirmDialog, TextField, toast } from "@cchub/kit";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { NotebookPen, Plus, Trash2 } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { ApiError, type Api, type Note } from "../api/client";
import { toSafeHtml } from "../markdown";
import { Trouble } from "../parts/Trouble";
import { useNow } from "../parts/useNow";
import { ago } from "../words";
import styles from "./Notes.module.css";

/** Stands for the note that is being written, among the ids of those that are stored. */
const NEW = "new";

export function Notes({ api }: { api: Api }) {
  const [query, setQuery] = useState("");
  const searched = useDeferredValue(query);
  const [chosen, setChosen] = useState<string | null>(null);
  const now = useNow();
  const notes = useQuery({
    queryKey: ["notes", searched],
    queryFn: () => api.notes(searched),
    placeholderData: (previous) => previous,
  });
  const note = notes.data?.notes.find((one) => one.id === chosen);
  return (
    <div className={styles.columns}>
      <section aria-label="All notes" className={styles.list}>
        <div className={styles.tools}>
          <TextField label="Search notes" value={query} onChange={(event) => setQuery(event.target.value)} />
          <Button variant="primary" icon={<Plus size={14} />} onClick={() => setChosen(NEW)} data-testid="new-note">
            New note
          </Button>
        </div>
        {notes.isError && !notes.data ? (
          <Trouble title="The notes cannot be shown" error={notes.error} onRetry={() => void notes.refetch()} />
        ) : null}
        {notes.data?.total === 0 && query === "" ? (
          <p className={styles.empty}>
            <NotebookPen size={20} aria-hidden="true" />
            No notes yet. They are kept in this project’s database, not in the folder.
          </p>
        ) : null}
        {notes.data?.total === 0 && query !== "" ? <p className={styles.empty}>No note has these words.</p> : null}
        <ul>
          {notes.data?.notes.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                aria-current={one.id === chosen}
                onClick={() => setChosen(one.id)}
                data-testid="note-row"
              >
                <strong>{one.title}</strong>
                <span>{ago(one.updated_at, now)}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      {chosen === NEW ? <Editor key={NEW} api={api} note={null} onDone={setChosen} /> : null}
      {note ? <Editor key={note.id} api={api} note={note} onDone={setChosen} /> : null}
    </div>
  );
}

interface EditorProps {
  api: Api;
  note: Note | null;
  onDone: (id: string | null) => void;
}

function Editor({ api, note, onDone }: EditorProps) {
  const queries = useQueryClient();
  const [base, setBase] = useState(note);
  const [title, setTitle] = useState(note?.title ?? "");
  const [body, setBody] = useState(note?.body ?? "");
  const [deleting, setDeleting] = useState(false);
  const changed = title !== (base?.title ?? "") || body !== (base?.body ?? "");
  const save = useMutation({
    mutationFn: (version: number | undefined) =>
      base && version !== undefined ? api.editNote({ id: base.id, title, body, version }) : api.createNote(title, body),
    onSuccess: async (stored) => {
      setBase(stored);
      await queries.invalidateQueries({ queryKey: ["notes"] });
      toast({ title: "Saved", tone: "healthy" });
      onDone(stored.id);
    },
    // A refused edit was made from an old version: the newer one is then shown as the choice.
    onError: () => queries.invalidateQueries({ queryKey: ["notes"] }),
  });
  const remove = useMutation({
    mutationFn: (one: Note) => api.deleteNote(one),
    onSuccess: async () => {
      setDeleting(false);
      await queries.invalidateQueries({ queryKey: ["notes"] });
      onDone(null);
    },
  });
  const conflict = save.error instanceof ApiError && save.error.status === 409;
  const newer = note && base && note.version > base.version ? note : null;
  return (
    <Card
      title={base ? "Note" : "New note"}
      actions={
        base ? (
          <Button variant="quiet" size="small" icon={<Trash2 size={14} />} onClick={() => setDeleting(true)}>
            Delete
          </Button>
        ) : null
      }
    >
      <form
        className={styles.editor}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(base?.version);
        }}
      >
        <TextField
          label="Title"
          value={title}
          maxLength={300}
          onChange={(event) => setTitle(event.target.value)}
          data-testid="note-title"
        />
        <label className={styles.body}>
          Text, in Markdown
          <textarea
            value={body}
            rows={12}
            maxLength={200_000}
            onChange={(event) => setBody(event.target.value)}
            data-testid="note-body"
          />
        </label>
        {conflict || newer ? (
          <div role="alert" className={styles.conflict}>
            <p>This note was changed elsewhere meanwhile. Nothing of yours is lost.</p>
            <Button size="small" onClick={() => newer && save.mutate(newer.version)} disabled={!newer}>
              Keep mine
            </Button>
            <Button
              size="small"
              disabled={!newer}
              onClick={() => {
                if (!newer) return;
                setBase(newer);
                setTitle(newer.title);
                setBody(newer.body);
                save.reset();
              }}
            >
              Take the other
            </Button>
          </div>
        ) : null}
        {save.isError && !conflict ? <Trouble title="Not saved" error={save.error} /> : null}
        {remove.isError ? <Trouble title="Not deleted" error={remove.error} /> : null}
        <div className={styles.footer}>
          <Button
            type="submit"
            variant="primary"
            busy={save.isPending}
            disabled={!changed || title.trim() === ""}
            data-testid="note-save"
          >
            Save
          </Button>
        </div>
      </form>
      {body.trim() ? (
        <div className={styles.preview} dangerouslySetInnerHTML={{ __html: toSafeHtml(body) }} data-testid="preview" />
      ) : null}
      {base ? (
        <ConfirmDialog
          open={deleting}
          onCancel={() => setDeleting(false)}
          onConfirm={() => remove.mutate(base)}
          title={`Delete “${base.title}”?`}
          confirmLabel="Delete note"
          danger
          busy={remove.isPending}
        >
          The note goes for good.
        </ConfirmDialog>
      ) : null}
    </Card>
  );
}
