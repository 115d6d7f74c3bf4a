/*
 * The board's data: shown at once as the user made it, put back with words when the backend refuses. Moves are sent one
 * after the other, each with the version that the one before it gave, so that quick presses do not contradict each other.
 */
import { toast } from "@cchub/kit";
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { ApiError } from "../../api/client";
import type { NewTask, Task, TaskText, TasksApi } from "../../api/tasks";
import { COLUMN_WORDS, moved, type Column, type Target } from "../../models/board";

export const TASKS = ["tasks"] as const;
const MOVE = ["tasks", "move"] as const;

interface Edit {
  id: string;
  version: number;
  text: TaskText;
  /** Where it is to be afterwards. */
  column: Column;
}

interface Move {
  id: string;
  target: Target;
}

const cached = (queries: QueryClient) => queries.getQueryData<Task[]>(TASKS) ?? [];
const put = (queries: QueryClient, change: (tasks: Task[]) => Task[]) =>
  queries.setQueryData<Task[]>(TASKS, (tasks) => (tasks ? change(tasks) : tasks));

function failed(title: string, error: unknown) {
  toast({ title, description: error instanceof Error ? error.message : String(error), tone: "failed" });
}

/** Reads the tasks anew, with a question that is asked after the change. */
async function readAgain(queries: QueryClient) {
  // A first reading that is still on its way would be kept: its answer may be older than the change.
  if (queries.getQueryData(TASKS) === undefined) await queries.cancelQueries({ queryKey: TASKS });
  await queries.invalidateQueries({ queryKey: TASKS });
}

/** The tasks, and what can be done with them. */
export function useBoard(api: TasksApi) {
  const queries = useQueryClient();
  const tasks = useQuery({ queryKey: TASKS, queryFn: api.list });
  const move = useMove(api);
  // Not awaited: while the backend is away this lasts, and what failed is to be told at once.
  const fresh = () => void readAgain(queries);
  const store = (task: Task) => {
    put(queries, (all) =>
      all.some((one) => one.id === task.id) ? all.map((one) => (one.id === task.id ? task : one)) : [...all, task],
    );
  };
  const create = useMutation({
    mutationFn: (task: NewTask) => api.create(task),
    onSuccess: store,
    onError: (error) => failed("The task was not added", error),
    onSettled: fresh,
  });
  const edit = useMutation({
    mutationFn: async ({ id, version, text, column }: Edit) => {
      const stored = await api.edit(id, version, text);
      return stored.column === column ? stored : api.move(id, stored.version, { column, before: null });
    },
    onSuccess: store,
    onSettled: fresh,
  });
  const remove = useMutation({
    mutationFn: (task: Task) => api.remove(task.id, task.version),
    onMutate: async (task) => {
      await queries.cancelQueries({ queryKey: TASKS });
      put(queries, (all) => all.filter((one) => one.id !== task.id));
    },
    onError: (error, task) => {
      store(task);
      failed(`“${task.title}” was not deleted`, error);
    },
    onSettled: fresh,
  });
  return { tasks, move, create, edit, remove };
}

function useMove(api: TasksApi) {
  const queries = useQueryClient();
  return useMutation({
    mutationKey: MOVE,
    scope: { id: "task-moves" },
    mutationFn: ({ id, target }: Move) => {
      const task = cached(queries).find((one) => one.id === id);
      if (!task) throw new ApiError("task_missing", "It was deleted meanwhile.", 404);
      return api.move(id, task.version, target);
    },
    onMutate: async ({ id, target }) => {
      await queries.cancelQueries({ queryKey: TASKS });
      const before = cached(queries).find((one) => one.id === id);
      put(queries, (all) => moved(all, id, target));
      return { before };
    },
    onSuccess: (stored) => {
      const isLast = queries.isMutating({ mutationKey: MOVE }) === 1;
      put(queries, (all) =>
        all.map((one) => {
          if (one.id !== stored.id) return one;
          // A later move waits: its card is already where the user put it, only the version is news.
          return isLast ? stored : { ...one, version: stored.version };
        }),
      );
    },
    onError: (error, { id, target }, kept) => {
      const before = kept?.before;
      if (before) put(queries, (all) => all.map((one) => (one.id === id ? { ...before, version: one.version } : one)));
      failed(`“${before?.title ?? "The task"}” was not moved to ${COLUMN_WORDS[target.column].toLowerCase()}`, error);
    },
    onSettled: () => {
      if (queries.isMutating({ mutationKey: MOVE }) === 1) void queries.invalidateQueries({ queryKey: TASKS });
    },
  });
}

export type Board = ReturnType<typeof useBoard>;
