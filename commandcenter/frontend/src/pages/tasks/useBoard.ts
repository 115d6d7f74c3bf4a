/*
 * The board's data: shown at once as the user made it, put back with words when the backend refuses. What is read is
 * kept as it was read, and what is under way is drawn over it, so that nothing that is read meanwhile takes it back.
 * Changes are sent one after the other, each with the version that the one before it gave, so that quick presses do not
 * contradict each other.
 */
import { toast } from "@cchub/kit";
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { ApiError } from "../../api/client";
import { putNewest } from "../../api/newest";
import type { NewTask, Task, TasksApi } from "../../api/tasks";
import { usePending } from "../../api/usePending";
import { COLUMN_WORDS, moved, type Target } from "../../models/board";
import type { Drafts } from "../../models/drafts";
import type { TaskFields } from "./useSaving";

export const TASKS = ["tasks"] as const;
/** Changes of the same scope wait for each other. */
export const CHANGES = { id: "task-changes" } as const;
const MOVE = ["tasks", "move"] as const;
const REMOVE = ["tasks", "remove"] as const;

interface Move {
  id: string;
  target: Target;
}

/** A task as it is stored, as far as is known; undefined when it is not there. */
export function storedTask(queries: QueryClient, id: string): Task | undefined {
  return queries.getQueryData<Task[]>(TASKS)?.find((one) => one.id === id);
}

/** Puts what was stored in the place of what was read. */
export function putTask(queries: QueryClient, task: Task): Promise<void> {
  return putNewest<Task[]>(queries, TASKS, (tasks) => {
    if (!tasks) return tasks;
    const isKnown = tasks.some((one) => one.id === task.id);
    return isKnown ? tasks.map((one) => (one.id === task.id ? task : one)) : [...tasks, task];
  });
}

export function failed(title: string, error: unknown) {
  toast({ title, description: error instanceof Error ? error.message : String(error), tone: "failed" });
}

/** The tasks, and what can be done with them. */
export function useBoard(api: TasksApi, drafts: Drafts<TaskFields>) {
  const queries = useQueryClient();
  const tasks = useQuery({ queryKey: TASKS, queryFn: api.list });
  const move = useMove(api);
  // Not awaited: while the backend is away this lasts, and what failed is to be told at once.
  const fresh = () => void queries.invalidateQueries({ queryKey: TASKS });
  const create = useMutation({
    mutationFn: (task: NewTask) => api.create(task),
    onSuccess: (task) => putTask(queries, task),
    onError: (error, { title }) => failed(`“${title}” was not added`, error),
    onSettled: fresh,
  });
  const remove = useMutation({
    mutationKey: REMOVE,
    scope: CHANGES,
    mutationFn: (task: Task) => api.remove(task.id, task.version),
    onSuccess: async (_, task) => {
      drafts.drop(task.id);
      await putNewest<Task[]>(queries, TASKS, (all) => all?.filter((one) => one.id !== task.id));
    },
    onSettled: fresh,
  });
  return {
    tasks,
    /** The tasks as they are once everything that is under way has come about. */
    shown: useUnderWay(tasks.data),
    move,
    create,
    remove: (task: Task) => {
      // Told when the card is back.
      remove.mutateAsync(task).catch((error: unknown) => failed(`“${task.title}” was not deleted`, error));
    },
  };
}

function useUnderWay(tasks: Task[] | undefined): Task[] | undefined {
  const moves = usePending(MOVE) as readonly Move[];
  const removed = usePending(REMOVE) as readonly Task[];
  return useMemo(() => {
    const left = tasks?.filter(({ id }) => !removed.some((task) => task.id === id));
    return left && moves.reduce((all, { id, target }) => moved(all, id, target), left);
  }, [tasks, moves, removed]);
}

function useMove(api: TasksApi) {
  const queries = useQueryClient();
  const move = useMutation({
    mutationKey: MOVE,
    scope: CHANGES,
    mutationFn: ({ id, target }: Move) => {
      const task = storedTask(queries, id);
      if (!task) throw new ApiError("task_missing", "It was deleted meanwhile.", 404);
      return api.move(id, task.version, target);
    },
    onSuccess: (stored) => putTask(queries, stored),
    onSettled: () => {
      if (queries.isMutating({ mutationKey: MOVE }) === 1) void queries.invalidateQueries({ queryKey: TASKS });
    },
  });
  return (id: string, target: Target) => {
    // Told when the card is back.
    move.mutateAsync({ id, target }).catch((error: unknown) => {
      const title = storedTask(queries, id)?.title;
      const name = title === undefined ? "The task" : `“${title}”`;
      failed(`${name} was not moved to ${COLUMN_WORDS[target.column].toLowerCase()}`, error);
    });
  };
}
