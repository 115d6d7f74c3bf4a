/*
 * Notes kept in the project's database: listed, searched, written, exported and imported. Which note is open is kept in
 * the address.
 */
import { Button, IconButton, Menu, MenuItem, TextField, toast } from "@cchub/kit";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, Ellipsis, NotebookPen, Plus, Upload } from "lucide-react";
import { useDeferredValue, useRef, useState } from "react";
import type { NoteText, NotesApi } from "../../api/notes";
import { ApiError } from "../../api/transport";
import { NEW } from "../../models/drafts";
import { isChanged } from "../../models/typed";
import { EmptyState } from "../../parts/EmptyState";
import { Loading } from "../../parts/Loading";
import { PageFrame } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { draftsOfPage } from "../../parts/draftsOfPage";
import { saveAs } from "../../parts/saveAs";
import { useNow } from "../../parts/useNow";
import { useCommands } from "../../shell/commands";
import type { PageProps } from "../../shell/pages";
import { hrefTo, useRouter } from "../../shell/router";
import { count } from "../../words";
import { LeftNote, NoteEditor, type NoteEditorProps } from "./NoteEditor";
import { MoreNotes, NoteList } from "./NoteList";
import styles from "./Notes.module.css";
import { useNotes } from "./useNotes";
import { fieldsOf, keyOf } from "./useSaving";

const draftsOf = draftsOfPage<NoteText>("note");

export function Notes({ api, config, route: { id } }: PageProps) {
  const router = useRouter();
  const now = useNow();
  const drafts = draftsOf(config);
  const [query, setQuery] = useState("");
  const searched = useDeferredValue(query.trim());
  const field = useRef<HTMLInputElement>(null);
  const notes = useNotes(api.notes, searched);
  const go = (next: string | null) => router.go(hrefTo("notes", next));
  /** Whether the user is there still: nobody is taken away from elsewhere. */
  const isAt = (place: string) => {
    const { page, id: here } = router.get();
    return page === "notes" && here === place;
  };
  useCommands([
    { id: "note-new", title: "New note", group: "Notes", keys: "n", run: () => go(NEW) },
    { id: "note-search", title: "Search notes", group: "Notes", keys: "f", run: () => field.current?.focus() },
  ]);
  const left = drafts.ids();
  const drafted = notes.notes.filter((note) => left.has(note.id) && isChanged(fieldsOf(note), drafts.peek(note.id)));
  return (
    <PageFrame
      title="Notes"
      fill
      note={notes.total !== undefined && searched === "" ? count(notes.total, "note") : null}
      actions={
        <>
          <Transfer api={api.notes} name={config.projectName} />
          <Button
            variant={id === null ? "primary" : "secondary"}
            icon={<Plus />}
            onClick={() => go(NEW)}
            data-testid="new-note"
          >
            New note
          </Button>
        </>
      }
    >
      <div className={styles.columns} data-open={id !== null || undefined}>
        <section aria-label="All notes" className={styles.side}>
          <div className={styles.search}>
            <TextField
              ref={field}
              label="Search notes"
              hideLabel
              type="search"
              placeholder="Search notes"
              value={query}
              onChange={(event) => setQuery(event.target.value)}
              data-testid="note-search"
            />
          </div>
          {notes.isError && !notes.data ? (
            <Trouble title="The notes cannot be shown" error={notes.error} onRetry={() => void notes.refetch()} />
          ) : null}
          {notes.isPending ? <Loading what="the notes" /> : null}
          {notes.total === 0 && searched !== "" ? (
            <EmptyState title="No note has these words">
              A word in quotes is taken as it stands; a minus leaves notes with a word out.
            </EmptyState>
          ) : null}
          <NoteList notes={notes.notes} chosen={id} now={now} drafted={new Set(drafted.map((note) => note.id))} />
          <MoreNotes found={notes} />
        </section>
        <Open
          // A new note that is stored while it is written goes on in the same fields.
          key={id === null ? null : drafts.nameOf(id)}
          id={id}
          api={api}
          drafts={drafts}
          onGo={go}
          onStored={(stored) => (isAt(NEW) ? router.replace(hrefTo("notes", stored)) : undefined)}
          onDeleted={(deleted) => (isAt(deleted) ? go(null) : undefined)}
          none={notes.total === 0 && searched === ""}
        />
      </div>
    </PageFrame>
  );
}

interface OpenProps extends Pick<NoteEditorProps, "drafts" | "onGo" | "onStored" | "onDeleted"> {
  id: string | null;
  api: PageProps["api"];
  /** There is no note at all. */
  none: boolean;
}

/** The note that the address names. */
function Open({ id, none, ...editor }: OpenProps) {
  const { api, drafts, onGo } = editor;
  const stored = id !== null && id !== NEW;
  const note = useQuery({
    queryKey: keyOf(id ?? ""),
    queryFn: () => api.notes.get(id ?? ""),
    enabled: stored,
  });
  if (id === NEW) return <NoteEditor {...editor} note={null} />;
  if (!stored) {
    return (
      <div className={styles.none}>
        {none ? (
          <EmptyState
            icon={NotebookPen}
            title="No notes yet"
            action={<Button onClick={() => onGo(NEW)}>Write one</Button>}
          >
            Notes are kept in this project’s database, not in the folder. They can point at files and lines.
          </EmptyState>
        ) : (
          <EmptyState icon={NotebookPen} title="No note is open">
            Choose one from the list, or press <kbd>n</kbd> for a new one.
          </EmptyState>
        )}
      </div>
    );
  }
  if (note.isError && !note.data) {
    return (
      <div className={styles.none}>
        <Trouble title="This note cannot be shown" error={note.error} onRetry={() => void note.refetch()} />
        {note.error instanceof ApiError && note.error.status === 404 ? (
          <LeftNote id={id} api={api.notes} drafts={drafts} onGo={onGo} />
        ) : null}
      </div>
    );
  }
  if (!note.data) return <Loading what="the note" />;
  return <NoteEditor {...editor} note={note.data} />;
}

/** What an import left out, and why, as far as a notice has room. */
function leftOut(skipped: number, problems: readonly string[]): string {
  const why = problems.length > 0 ? `: ${problems.slice(0, 3).join("; ")}` : ", because they are here already.";
  return `${skipped.toLocaleString("en")} left out${why}`;
}

/** Notes and tasks as one Markdown text: out of the project, and into it. */
function Transfer({ api, name }: { api: NotesApi; name: string }) {
  const queries = useQueryClient();
  const file = useRef<HTMLInputElement>(null);
  const failed = (title: string) => (error: Error) => toast({ title, description: error.message, tone: "failed" });
  const out = useMutation({
    mutationFn: api.exported,
    onSuccess: (text) => saveAs(`${name || "project"} notes and tasks.md`, text, "text/markdown"),
    onError: failed("The notes were not exported"),
  });
  const into = useMutation({
    mutationFn: async (chosen: File) => api.imported(await chosen.text()),
    onSuccess: ({ notes, tasks, skipped, problems }) => {
      toast({
        title: `${count(notes, "note")} and ${count(tasks, "task")} imported`,
        ...(skipped > 0 ? { description: leftOut(skipped, problems) } : {}),
        tone: "healthy",
      });
      for (const topic of ["notes", "tasks"]) void queries.invalidateQueries({ queryKey: [topic] });
    },
    onError: failed("Nothing was imported"),
  });
  return (
    <>
      <Menu
        trigger={
          <IconButton
            label="Export and import"
            icon={<Ellipsis />}
            aria-busy={into.isPending}
            data-testid="note-transfer"
          />
        }
      >
        <MenuItem icon={<Download size={14} />} onSelect={() => out.mutate()}>
          Export notes and tasks as Markdown
        </MenuItem>
        <MenuItem icon={<Upload size={14} />} onSelect={() => file.current?.click()}>
          Import Markdown…
        </MenuItem>
      </Menu>
      <input
        ref={file}
        type="file"
        accept=".md,.markdown,text/markdown,text/plain"
        hidden
        aria-label="Markdown file to import"
        data-testid="import-file"
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          if (chosen) into.mutate(chosen);
          // The same file can be chosen again.
          event.target.value = "";
        }}
      />
    </>
  );
}
