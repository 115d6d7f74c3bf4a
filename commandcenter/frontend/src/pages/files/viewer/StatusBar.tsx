/*
 * What else is to know of a file: size, lines, encoding, why it cannot be written, and which notes and tasks point at it.
 */
import { useQuery } from "@tanstack/react-query";
import { NotebookPen, SquareKanban } from "lucide-react";
import type { Api } from "../../../api/client";
import type { FileContent } from "../../../api/files";
import { hrefTo } from "../../../shell/router";
import { count, size } from "../../../words";
import styles from "./StatusBar.module.css";

const NEWLINES = { lf: null, crlf: "CRLF", mixed: "mixed line ends" } as const;

export function StatusBar({ api, file }: { api: Api; file: FileContent }) {
  const links = useQuery({
    queryKey: ["links", file.id],
    queryFn: ({ signal }) => api.files.links(file.id, { signal }),
  });
  const facts = [
    file.language,
    file.lines === null ? null : count(file.lines, "line"),
    size(file.size),
    file.encoding === "utf-8"
      ? null
      : file.encoding_guessed
        ? `${file.encoding ?? "encoding"}, guessed`
        : file.encoding,
    file.newline === null ? null : NEWLINES[file.newline],
  ].filter(Boolean);
  return (
    <footer className={styles.bar} data-testid="file-status">
      <span className={styles.facts}>{facts.join(" · ")}</span>
      {links.data?.notes.map((note) => (
        <a key={note.id} href={hrefTo("notes", note.id)} className={styles.link}>
          <NotebookPen size={13} aria-label="Note" /> {note.title}
          {note.line === null ? null : `, line ${note.line}`}
        </a>
      ))}
      {links.data?.tasks.map((task) => (
        <a key={task.id} href={hrefTo("tasks", task.id)} className={styles.link}>
          <SquareKanban size={13} aria-label="Task" /> {task.title}
          {task.line === null ? null : `, line ${task.line}`}
        </a>
      ))}
      {file.writable ? null : (
        <span className={styles.readOnly} data-testid="read-only">
          Read-only{file.read_only_reason ? `: ${file.read_only_reason}` : ""}
        </span>
      )}
    </footer>
  );
}
