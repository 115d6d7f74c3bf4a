/*
 * What notes and tasks are called now: events carry only their ids. Without an answer the events stay without names.
 */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { NotesApi } from "../../api/notes";
import type { TasksApi } from "../../api/tasks";

export function useNames(api: { notes: NotesApi; tasks: TasksApi }): ReadonlyMap<string, string> {
  const notes = useQuery({ queryKey: ["notes", "list", ""], queryFn: ({ signal }) => api.notes.list("", signal) });
  const tasks = useQuery({ queryKey: ["tasks"], queryFn: api.tasks.list });
  return useMemo(
    () => new Map([...(notes.data?.notes ?? []), ...(tasks.data ?? [])].map(({ id, title }) => [id, title])),
    [notes.data, tasks.data],
  );
}
