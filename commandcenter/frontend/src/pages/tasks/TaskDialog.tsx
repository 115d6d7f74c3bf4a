/*
 * One task in full: its text, column, due date, labels, linked files and earlier versions.
 */
import { Button, Dialog, TextField } from "@cchub/kit";
import { History } from "lucide-react";
import { useState } from "react";
import type { SearchApi } from "../../api/search";
import type { Task, TasksApi } from "../../api/tasks";
import { ApiError } from "../../api/transport";
import { COLUMNS, COLUMN_WORDS, type Column } from "../../models/board";
import type { Drafts } from "../../models/drafts";
import { Conflict } from "../../parts/Conflict";
import { DraftNotice } from "../../parts/DraftNotice";
import { Links } from "../../parts/Links";
import { MarkdownField } from "../../parts/MarkdownField";
import { Versions } from "../../parts/Versions";
import { useEdits } from "../../parts/useEdits";
import { useTyped } from "../../parts/useTyped";
import { TITLE_MAX } from "./Adder";
import { LabelField } from "./LabelField";
import styles from "./TaskDialog.module.css";
import type { Board } from "./useBoard";

/** The longest text of a task that the backend takes. */
const BODY_MAX = 50_000;

export interface TaskDialogProps {
  task: Task;
  labels: readonly string[];
  board: Board;
  api: TasksApi;
  search: Pick<SearchApi, "findFiles">;
  drafts: Drafts;
  onClose: () => void;
}

type Facts = Pick<Task, "column" | "labels" | "links" | "due">;

const factsOf = ({ column, labels, links, due }: Task): Facts => ({ column, labels, links, due });

export function TaskDialog({ task, labels, board, api, search, drafts, onClose }: TaskDialogProps) {
  const typed = useTyped(drafts, task.id, task);
  const edits = useEdits(factsOf(task), task.version);
  const { values: facts, change } = edits;
  const [history, setHistory] = useState(false);
  const { edit } = board;
  const changed = typed.changed || edits.changed;
  /** The version that all of this was changed from. */
  const base = Math.min(typed.base?.version ?? task.version, edits.since);
  const overtaken = changed && task.version > base;
  const refused = edit.error instanceof ApiError && edit.error.status === 409;
  const save = (version: number) => {
    const sent = { title: typed.title, body: typed.body };
    const { column, ...rest } = facts;
    edit.mutate(
      { id: task.id, version, text: { ...rest, title: sent.title.trim(), body: sent.body }, column },
      {
        onSuccess: (stored) => {
          typed.saved(stored, sent);
          onClose();
        },
      },
    );
  };
  const theirs = () => {
    typed.discard();
    edits.reset();
    edit.reset();
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Task"
      footer={
        <>
          <Button variant="quiet" icon={<History />} onClick={() => setHistory(!history)} aria-expanded={history}>
            Earlier versions
          </Button>
          <span className={styles.gap} />
          <Button onClick={onClose}>Close</Button>
          <Button
            variant="primary"
            busy={edit.isPending}
            disabled={!changed || typed.title.trim() === ""}
            onClick={() => save(base)}
            data-testid="task-save"
          >
            Save
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <DraftNotice typed={typed} />
        {overtaken || refused ? (
          <Conflict what="task" ready={overtaken} onMine={() => save(task.version)} onTheirs={theirs} />
        ) : edit.isError ? (
          <p role="alert" className={styles.failed}>
            Not saved: {edit.error.message} Your text is kept in this browser.
          </p>
        ) : null}
        <TextField
          label="Title"
          value={typed.title}
          maxLength={TITLE_MAX}
          onChange={(event) => typed.set({ title: event.target.value })}
          data-testid="task-title"
        />
        <MarkdownField
          label="Text, in Markdown"
          value={typed.body}
          onChange={(body) => typed.set({ body })}
          maxLength={BODY_MAX}
          rows={8}
          preview={task.body !== ""}
          data-testid="task-body"
        />
        <div className={styles.facts}>
          <label className={styles.pick}>
            Column
            <select value={facts.column} onChange={(event) => change({ column: event.target.value as Column })}>
              {COLUMNS.map((column) => (
                <option key={column} value={column}>
                  {COLUMN_WORDS[column]}
                </option>
              ))}
            </select>
          </label>
          <TextField
            label="Due"
            type="date"
            value={facts.due ?? ""}
            onChange={(event) => change({ due: event.target.value || null })}
            data-testid="task-due"
          />
          <LabelField labels={facts.labels} known={labels} onChange={(next) => change({ labels: next })} />
        </div>
        <div className={styles.linked}>
          <h3>Linked files</h3>
          <Links links={facts.links} onChange={(links) => change({ links })} search={search} />
        </div>
        {history ? (
          <Versions
            topic={["tasks", "history", task.id, task.version]}
            load={() => api.history(task.id)}
            current={task.version}
            onRestore={(version) => typed.set({ title: version.title, body: version.body })}
            restoreLabel="Take into the fields"
          />
        ) : null}
      </div>
    </Dialog>
  );
}
