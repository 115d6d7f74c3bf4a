/*
 * Storing what was typed in a task. What was changed elsewhere in other fields meanwhile stays as it is there; what was
 * typed while it was being stored stays typed.
 */
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import type { Task, TaskText, TasksApi } from "../../api/tasks";
import { ApiError } from "../../api/transport";
import type { Drafts } from "../../models/drafts";
import { shown, versionToSend, type Stored } from "../../models/typed";
import { storeDraft } from "../../parts/storeDraft";
import { useShown } from "../../parts/useShown";
import { useTyped } from "../../parts/useTyped";
import { CHANGES, TASKS, failed, putTask, storedTask } from "./useBoard";

/** What is changed in a task's dialog. */
export type TaskFields = TaskText & Pick<Task, "column">;

export function fieldsOf({ title, body, labels, links, due, column, version }: Task): Stored<TaskFields> {
  return { title, body, labels, links, due, column, version };
}

interface SavingProps {
  api: TasksApi;
  task: Task;
  drafts: Drafts<TaskFields>;
  /** All is stored, and the task is still shown. */
  onDone: () => void;
}

export function useSaving({ api, task, drafts, onDone }: SavingProps) {
  const queries = useQueryClient();
  const { id } = task;
  // For a moment the answer is known before it is drawn: a draft that it made needless must not uncover what was before.
  const answered = storedTask(queries, id);
  const stored = fieldsOf(answered && answered.version > task.version ? answered : task);
  const typed = useTyped(drafts, id, stored);
  const isShown = useShown();
  const save = useMutation({
    scope: CHANGES,
    mutationFn: () => drafts.sending(id, () => store({ api, queries, drafts }, id)),
    onSuccess: () => {
      if (isShown.current && drafts.read(id) === null) onDone();
    },
    onError: (error) => {
      if (isShown.current) return;
      const words = `${error.message} What you typed is kept; open the task to save it again.`;
      failed(`“${shown(stored, drafts.read(id)).title}” was not saved`, new Error(words));
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: TASKS }),
  });
  const canSave = typed.changed && typed.values.title.trim() !== "";
  return { typed, save, canSave };
}

interface Place {
  api: TasksApi;
  queries: QueryClient;
  drafts: Drafts<TaskFields>;
}

/** Stores what is typed by now. */
function store({ api, queries, drafts }: Place, id: string): Promise<void> {
  const found = () => {
    const task = storedTask(queries, id);
    return task ? fieldsOf(task) : null;
  };
  return storeDraft({
    drafts,
    id,
    known: () => {
      const stored = found();
      return stored
        ? Promise.resolve(stored)
        : Promise.reject(new ApiError("task_missing", "It was deleted meanwhile.", 404));
    },
    newest: async () => {
      await queries.cancelQueries({ queryKey: TASKS, exact: true });
      await queries.query({ queryKey: TASKS, queryFn: api.list, retry: false });
      return found();
    },
    send: async (before, draft) => {
      const { column, title, body, labels, links, due } = shown(before, draft);
      const text = { title, body, labels, links, due };
      let at = before.column;
      let version = versionToSend(before, draft);
      const keep = async (next: Task, sent: Partial<TaskFields>) => {
        at = next.column;
        ({ version } = next);
        await putTask(queries, next);
        drafts.stored(id, sent, { id, ...fieldsOf(next) });
      };
      if (Object.keys(draft.changes).some((name) => name !== "column")) {
        await keep(await api.edit(id, version, { ...text, title: text.title.trim() }), text);
      }
      if (at !== column) await keep(await api.move(id, version, { column, before: null }), { column });
    },
  });
}
