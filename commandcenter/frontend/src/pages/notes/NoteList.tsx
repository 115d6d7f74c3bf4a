/*
 * The list of notes: pinned ones first, with what a search has hit.
 */
import { Button } from "@cchub/kit";
import { Pin } from "lucide-react";
import type { FoundNote } from "../../api/notes";
import { Highlighted } from "../../parts/Highlighted";
import { Trouble } from "../../parts/Trouble";
import { hrefTo } from "../../shell/router";
import { ago } from "../../words";
import styles from "./NoteList.module.css";
import type { useNotes } from "./useNotes";

export interface NoteListProps {
  notes: readonly FoundNote[];
  chosen: string | null;
  now: number;
  /** Ids of notes whose typed text is not stored yet. */
  drafted: ReadonlySet<string>;
}

/** So much of a note's text is shown under its title. */
const EXCERPT = 120;

export function NoteList({ notes, chosen, now, drafted }: NoteListProps) {
  const pinnedFirst = [...notes].sort((a, b) => Number(b.pinned) - Number(a.pinned));
  return (
    <ul className={styles.list} aria-label="Notes">
      {pinnedFirst.map((note) => (
        <li key={note.id}>
          <a
            href={hrefTo("notes", note.id)}
            aria-current={note.id === chosen ? "true" : undefined}
            data-testid="note-row"
          >
            <span className={styles.top}>
              {note.pinned ? <Pin size={12} aria-label="Pinned" /> : null}
              <strong>{note.title}</strong>
              <time dateTime={note.updated_at}>{ago(note.updated_at, now)}</time>
            </span>
            <span className={styles.excerpt}>
              {drafted.has(note.id) ? <em>Unsaved text. </em> : null}
              <Excerpt note={note} />
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Says where there are more notes than are listed, and lists further ones. */
export function MoreNotes({ found }: { found: ReturnType<typeof useNotes> }) {
  if (!found.hasNextPage || found.isPlaceholderData) return null;
  return (
    <div className={styles.further}>
      {found.isFetchNextPageError ? <Trouble title="No more could be listed" error={found.error} /> : null}
      <p role="status">
        {found.notes.length.toLocaleString("en")} of {found.total?.toLocaleString("en")} are listed.
      </p>
      <Button size="small" busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
        Show more
      </Button>
    </div>
  );
}

function Excerpt({ note: { headline, body } }: { note: FoundNote }) {
  if (headline) return <Highlighted text={headline.text} ranges={headline.ranges} />;
  return plain(body).slice(0, EXCERPT);
}

/** Markdown without its marks, in one line: enough to recognise a note by. */
export function plain(markdown: string): string {
  return markdown
    .slice(0, 4 * EXCERPT)
    .replace(/^[#>\s*+-]+/gm, "")
    .replace(/[*_`~]+/g, "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}
