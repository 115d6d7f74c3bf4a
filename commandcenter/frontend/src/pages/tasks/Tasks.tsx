/*
 * The task board: what is to be done, what is being done, what is done. Which task is open is kept in the address.
 */
import { Button, ConfirmDialog } from "@cchub/kit";
import { Plus } from "lucide-react";
import { useRef, useState } from "react";
import type { Task } from "../../api/tasks";
import { fits, labelsOf, type Column } from "../../models/board";
import { LeftText } from "../../parts/LeftText";
import { PageFrame } from "../../parts/Page";
import { Chips, FilterField, Toolbar } from "../../parts/Toolbar";
import { Trouble } from "../../parts/Trouble";
import { draftsOfPage } from "../../parts/draftsOfPage";
import { useNow } from "../../parts/useNow";
import { useCommands } from "../../shell/commands";
import type { PageProps } from "../../shell/pages";
import { hrefTo, useRouter } from "../../shell/router";
import { count } from "../../words";
import { Board } from "./Board";
import { TaskDialog } from "./TaskDialog";
import styles from "./Tasks.module.css";
import { useBoard } from "./useBoard";
import type { TaskFields } from "./useSaving";

const GROUP = "Tasks";

const draftsOf = draftsOfPage<TaskFields>("task");

export function Tasks({ api, config, route: { id } }: PageProps) {
  const drafts = draftsOf(config);
  const board = useBoard(api.tasks, drafts);
  const router = useRouter();
  const now = useNow();
  const [query, setQuery] = useState("");
  const [label, setLabel] = useState<string | null>(null);
  const [adding, setAdding] = useState<Column | null>(null);
  const [deleting, setDeleting] = useState<Task | null>(null);
  const filter = useRef<HTMLInputElement>(null);
  useCommands([
    { id: "task-new", title: "New task", group: GROUP, keys: "n", run: () => setAdding("todo") },
    { id: "task-filter", title: "Filter tasks", group: GROUP, keys: "f", run: () => filter.current?.focus() },
  ]);
  const { shown: tasks } = board;
  const { error, isError, refetch } = board.tasks;
  const open = tasks?.find((task) => task.id === id);
  const fitting = tasks?.filter((task) => fits(task, query, label)) ?? [];
  const close = () => router.go(hrefTo("tasks"));
  return (
    <PageFrame
      title="Tasks"
      note={tasks ? summary(tasks) : null}
      actions={
        <Button variant="primary" icon={<Plus />} onClick={() => setAdding("todo")} data-testid="new-task">
          New task
        </Button>
      }
    >
      <Toolbar className={styles.tools}>
        <FilterField
          ref={filter}
          label="Filter"
          placeholder="Filter by words"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          data-testid="task-filter"
        />
        <LabelChips labels={labelsOf(tasks ?? [])} chosen={label} onChoose={setLabel} />
        <p role="status" className={styles.fit}>
          {tasks && fitting.length < tasks.length ? `${fitting.length} of ${count(tasks.length, "task")}` : ""}
        </p>
      </Toolbar>
      {isError && !tasks ? (
        <Trouble title="The tasks cannot be shown" error={error} onRetry={() => void refetch()} />
      ) : null}
      {tasks || !isError ? (
        <Board
          loading={!tasks}
          tasks={fitting}
          now={now}
          adding={adding}
          setAdding={setAdding}
          onAdd={(title, column) => board.create.mutateAsync({ title, column, labels: label === null ? [] : [label] })}
          onMove={(task, target) => board.move(task.id, target)}
          onOpen={(task) => router.go(hrefTo("tasks", task.id))}
          onDelete={setDeleting}
        />
      ) : null}
      {tasks && id !== null && !open ? (
        <>
          <Trouble
            title="This task is not here"
            error="It was deleted, or it belongs to another project."
            onRetry={close}
          />
          <LeftText
            key={id}
            what="task"
            id={id}
            drafts={drafts}
            onMake={async ({ column = "todo", ...text }) => {
              const made = await board.create.mutateAsync({ ...text, column });
              router.go(hrefTo("tasks", made.id));
            }}
          />
        </>
      ) : null}
      {open ? (
        <TaskDialog
          key={open.id}
          task={open}
          labels={labelsOf(tasks ?? [])}
          api={api.tasks}
          search={api.search}
          drafts={drafts}
          onClose={close}
        />
      ) : null}
      <ConfirmDialog
        open={deleting !== null}
        title={`Delete “${deleting?.title ?? ""}”?`}
        confirmLabel="Delete task"
        danger
        onCancel={() => setDeleting(null)}
        onConfirm={() => {
          if (deleting) board.remove(deleting);
          setDeleting(null);
        }}
      >
        The task and its earlier versions go for good. The files it is linked to stay as they are.
      </ConfirmDialog>
    </PageFrame>
  );
}

function summary(tasks: readonly Task[]): string {
  const open = tasks.filter((task) => task.column !== "done").length;
  return tasks.length === 0 ? "None yet" : `${open} open, ${tasks.length - open} done`;
}

interface LabelChipsProps {
  labels: readonly string[];
  chosen: string | null;
  onChoose: (label: string | null) => void;
}

function LabelChips({ labels, chosen, onChoose }: LabelChipsProps) {
  if (labels.length === 0) return null;
  return (
    <Chips label="Labels">
      {labels.map((label) => (
        <button
          key={label}
          type="button"
          aria-pressed={label === chosen}
          onClick={() => onChoose(label === chosen ? null : label)}
        >
          {label}
        </button>
      ))}
    </Chips>
  );
}
