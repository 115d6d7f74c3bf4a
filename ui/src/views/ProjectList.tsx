/*
 * The first page: all projects, what needs attention first. Before there is any, it teaches what to do instead.
 */
import { Button, Skeleton } from "@cchub/kit";
import { FolderPlus } from "lucide-react";
import { useRef, useState } from "react";
import type { ProjectView } from "../api";
import { useApp } from "../app";
import { EmptyState } from "../components/EmptyState";
import { AddingRow, ProjectRow } from "../components/ProjectRow";
import { filtered, inOrder, summarise, summaryWords } from "../models/state";
import { useStore } from "../stores/store";
import styles from "./ProjectList.module.css";

export function ProjectList() {
  const app = useApp();
  const { projects, adding, connection } = useStore(app.hub);
  const query = useStore(app.filter);
  const settled = useSettledOrder(projects);
  const shown = filtered(settled.projects, query);

  if (connection === "connecting") return <LoadingList />;
  if (projects.length === 0 && adding.length === 0) return <EmptyState />;
  return (
    <main className={styles.page}>
      <div className={styles.head}>
        <h1>Projects</h1>
        <p className={styles.summary} role="status">
          {summaryWords(summarise(projects))}
        </p>
        <FilterField />
        <Button variant="primary" icon={<FolderPlus />} data-testid="add-folder" onClick={() => void app.addFolder()}>
          Add folder
        </Button>
      </div>
      <ul
        className={styles.list}
        aria-label="Projects"
        onPointerEnter={() => settled.hold(true)}
        onPointerLeave={() => settled.hold(false)}
      >
        {adding.map((entry) => (
          <AddingRow key={entry.key} adding={entry} />
        ))}
        {shown.map((project) => (
          <ProjectRow key={project.id} project={project} />
        ))}
        {shown.length === 0 && adding.length === 0 ? (
          <li className={styles.none}>
            No project matches “{query}”.{" "}
            <Button size="small" onClick={() => app.filter.set("")}>
              Show all
            </Button>
          </li>
        ) : null}
      </ul>
    </main>
  );
}

function FilterField() {
  const { filter } = useApp();
  const query = useStore(filter);
  return (
    <input
      type="search"
      className={styles.filter}
      data-testid="filter"
      aria-label="Filter projects"
      aria-keyshortcuts="/"
      placeholder="Filter  /"
      autoComplete="off"
      spellCheck={false}
      value={query}
      onChange={(event) => filter.set(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        filter.set("");
        event.currentTarget.blur();
      }}
    />
  );
}

/**
 * Keeps the order while the pointer is over the list: a row must not move away from under a click. New states sort in
 * when the pointer leaves.
 */
function useSettledOrder(projects: readonly ProjectView[]) {
  const [held, setHeld] = useState<readonly string[] | null>(null);
  const sorted = inOrder(projects);
  const shown = held === null ? sorted : [...sorted].sort((a, b) => position(held, a.id) - position(held, b.id));
  return {
    projects: shown,
    hold: (hold: boolean) => setHeld(hold ? shown.map((project) => project.id) : null),
  };
}

function position(order: readonly string[], id: string): number {
  const at = order.indexOf(id);
  return at < 0 ? order.length : at;
}

function LoadingList() {
  const rows = useRef([180, 140, 210]);
  return (
    <main className={styles.page} aria-busy="true">
      <div className={styles.head}>
        <h1>Projects</h1>
      </div>
      <ul className={styles.list} aria-label="Projects are being read">
        {rows.current.map((width) => (
          <li key={width} className={styles.skeleton}>
            <Skeleton width={16} height={16} />
            <Skeleton width={width} />
          </li>
        ))}
      </ul>
    </main>
  );
}
