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
import { useCommands } from "../../shell/commands";
import { TITLE_MAX } from "./Adder";
import { LabelField } from "./LabelField";
import styles from "./TaskDialog.module.css";
import { useSaving, type TaskFields } from "./useSaving";

/** The longest text of a task that the backend takes. */
const BODY_MAX = 50_000;

export interface TaskDialogProps {
  task: Task;
  labels: readonly string[];
  api: TasksApi;
  search: Pick<SearchApi, "findFiles">;
  drafts: Drafts<TaskFields>;
  onClose: () => void;
}

export function TaskDialog({ task, labels, api, search, drafts, onClose }: TaskDialogProps) {
  const { typed, save, canSave } = useSaving({ api, task, drafts, onDone: onClose });
  const { values, set } = typed;
  const [history, setHistory] = useState(false);
  const refused = save.error instanceof ApiError && save.error.status === 409;
  const onlyMoves = Object.keys(typed.changes).every((name) => name === "column");
  const send = () => (canSave ? save.mutate() : undefined);
  useCommands([{ id: "task-save", title: "Save the task", group: "Tasks", keys: "Mod+S", run: send }]);
  const mine = () => {
    typed.insist();
    save.mutate();
  };
  const theirs = () => {
    typed.discard();
    save.reset();
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
            busy={save.isPending}
            disabled={!canSave && !save.isPending}
            onClick={send}
            data-testid="task-save"
          >
            Save
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <DraftNotice typed={typed} />
        {typed.overtaken || (refused && typed.changed) ? (
          <Conflict what="task" ready={typed.overtaken} onMine={mine} onTheirs={theirs} />
        ) : save.isError && typed.changed ? (
          <p role="alert" className={styles.failed}>
            {onlyMoves ? "Stored, but not moved" : "Not saved"}: {save.error.message}{" "}
            {typed.keeps ? "What you changed is kept in this browser." : "Leaving this page loses what you changed."}
          </p>
        ) : null}
        <TextField
          label="Title"
          value={values.title}
          maxLength={TITLE_MAX}
          onChange={(event) => set({ title: event.target.value })}
          data-testid="task-title"
        />
        <MarkdownField
          label="Text, in Markdown"
          value={values.body}
          onChange={(body) => set({ body })}
          maxLength={BODY_MAX}
          rows={8}
          preview={task.body !== ""}
          data-testid="task-body"
        />
        <div className={styles.facts}>
          <label className={styles.pick}>
            Column
            <select value={values.column} onChange={(event) => set({ column: event.target.value as Column })}>
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
            value={values.due ?? ""}
            onChange={(event) => set({ due: event.target.value || null })}
            data-testid="task-due"
          />
          <LabelField labels={values.labels} known={labels} onChange={(next) => set({ labels: next })} />
        </div>
        <div className={styles.linked}>
          <h3>Linked files</h3>
          <Links links={values.links} onChange={(links) => set({ links })} search={search} />
        </div>
        {history ? (
          <Versions
            topic={["tasks", "history", task.id, task.version]}
            load={() => api.history(task.id)}
            current={task.version}
            unsaved={typed.changed}
            onRestore={(version) => set({ title: version.title, body: version.body })}
            restoreLabel="Take into the fields"
          />
        ) : null}
      </div>
    </Dialog>
  );
}
