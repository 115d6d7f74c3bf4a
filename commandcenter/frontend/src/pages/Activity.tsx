/*
 * What happens, as it happens: file changes, notes, the backend's own starts.
 */
import { Card, TextField } from "@cchub/kit";
import { useState, useSyncExternalStore } from "react";
import type { Entry, LiveEvents } from "../api/live";
import { useNow } from "../parts/useNow";
import { ago, count } from "../words";
import styles from "./Activity.module.css";

const WORDS: Partial<Record<Entry["type"], string>> = {
  "backend.started": "The backend started",
  "note.created": "Note written",
  "note.updated": "Note changed",
  "note.deleted": "Note deleted",
  "files.changed": "Files changed",
  "overview.refreshed": "The folder was looked at",
  "stream.gap": "Some events were passed over",
};

/** What an event was about, in words. */
export function about({ data }: Pick<Entry, "data">): string {
  if (typeof data.title === "string") return data.title;
  if (Array.isArray(data.paths)) return data.paths.map(String).join(", ");
  if (typeof data.files === "number") return count(data.files, "file");
  return "";
}

export function Activity({ live }: { live: LiveEvents }) {
  const { entries, connection } = useSyncExternalStore(live.subscribe, live.getState);
  const [filter, setFilter] = useState("");
  const now = useNow();
  const wanted = filter.trim().toLowerCase();
  const shown = entries.filter((entry) =>
    `${WORDS[entry.type] ?? entry.type} ${about(entry)}`.toLowerCase().includes(wanted),
  );
  return (
    <Card
      title="Activity"
      flush
      actions={<span data-testid="connection">{connection === "live" ? "● live" : "◌ connecting"}</span>}
    >
      <div className={styles.filter}>
        <TextField label="Filter" value={filter} onChange={(event) => setFilter(event.target.value)} />
      </div>
      {shown.length === 0 ? (
        <p className={styles.empty}>
          {entries.length === 0
            ? "Nothing has happened yet. Change a file in the folder."
            : "Nothing here has these words."}
        </p>
      ) : null}
      <ol className={styles.rows} aria-live="polite">
        {shown.map((entry) => (
          <li key={entry.id} data-testid="activity-row">
            <span>{WORDS[entry.type] ?? entry.type}</span>
            <span className={styles.about}>{about(entry)}</span>
            <time dateTime={entry.at}>{ago(entry.at, now)}</time>
          </li>
        ))}
      </ol>
    </Card>
  );
}
