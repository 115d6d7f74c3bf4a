/*
 * One event: when, what, and the way to what it was about.
 */
import { classNames } from "@cchub/kit";
import {
  CircleCheck,
  FileText,
  GitCommitHorizontal,
  NotebookPen,
  Search,
  Server,
  SquareKanban,
  TriangleAlert,
  type LucideIcon,
} from "lucide-react";
import { clock, kindOf, type Kind, type StreamEntry } from "../../models/activity";
import { eventWords, type Destination, type NamedFile } from "../../models/eventWords";
import { FileLink } from "../../parts/FileLink";
import { hrefTo } from "../../shell/router";
import styles from "./EventRow.module.css";

const ICONS: Readonly<Record<Kind, LucideIcon>> = {
  files: FileText,
  git: GitCommitHorizontal,
  notes: NotebookPen,
  tasks: SquareKanban,
  index: Search,
  services: Server,
};
const TONES = { plain: null, good: CircleCheck, bad: TriangleAlert } as const;

/** So many files are named before the row is opened. */
const NAMED = 3;

export interface EventRowProps {
  entry: StreamEntry;
  /** What the note or task is called now. */
  name?: string | undefined;
  open: boolean;
  onToggle: () => void;
}

export function EventRow({ entry, name, open, onToggle }: EventRowProps) {
  const { title, files, unnamed, destination, tone, ...words } = eventWords(entry);
  const about = words.about || (name ?? "");
  const Icon = TONES[tone] ?? ICONS[kindOf(entry.type)];
  const hidden = files.length - NAMED;
  const more = (Math.max(0, hidden) + unnamed).toLocaleString("en");
  return (
    <div className={classNames(styles.row, styles[tone])} data-testid="activity-row" data-type={entry.type}>
      <time dateTime={entry.at} title={new Date(entry.at).toLocaleString()}>
        {clock(entry.at)}
      </time>
      <Icon size={14} aria-hidden="true" />
      <span className={styles.title}>{destination ? <a href={hrefOf(destination)}>{title}</a> : title}</span>
      {files.length > 0 ? (
        <span className={styles.files} data-open={open || undefined}>
          {(open ? files : files.slice(0, NAMED)).map((file) => (
            <File key={`${file.path}\n${file.change ?? ""}`} file={file} />
          ))}
          {open && unnamed > 0 ? (
            <span className={styles.unnamed}>and {unnamed.toLocaleString("en")} not named</span>
          ) : null}
          {hidden > 0 ? (
            <button type="button" className={styles.more} onClick={onToggle} aria-expanded={open}>
              {open ? "Fewer" : `and ${more} more`}
            </button>
          ) : null}
        </span>
      ) : (
        <span className={styles.about} title={about}>
          {about}
        </span>
      )}
    </div>
  );
}

function File({ file: { path, id, change } }: { file: NamedFile }) {
  const gone = change === "deleted" || id === null;
  return gone ? (
    <span className={styles.gone} title={path}>
      {path}
    </span>
  ) : (
    <FileLink id={id} path={path} />
  );
}

function hrefOf(destination: Destination): string {
  switch (destination.to) {
    case "note":
      return hrefTo("notes", destination.id);
    case "task":
      return hrefTo("tasks", destination.id);
    case "overview":
      return hrefTo("overview");
    case "search":
      return hrefTo("search");
  }
}
