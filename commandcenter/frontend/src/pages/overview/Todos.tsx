/*
 * Open ends that the code itself names, each with its place.
 */
import { Card } from "@cchub/kit";
import { useState } from "react";
import type { Todos as Data } from "../../api/overview";
import { FileLink } from "../../parts/FileLink";
import { count } from "../../words";
import styles from "./Overview.module.css";

const FIRST = 12;

/** The words alone: what kind of mark they bear stands beside them. */
export function withoutKind({ kind, text }: Pick<Data["items"][number], "kind" | "text">): string {
  const rest = text.startsWith(kind) ? text.slice(kind.length) : text;
  return rest.replace(/^(\([^)]*\))?[\s:–-]*/, "") || text;
}

export function Todos({ todos: { total, items, complete } }: { todos: Data }) {
  const [all, setAll] = useState(false);
  if (total === 0) return null;
  const shown = all ? items : items.slice(0, FIRST);
  return (
    <Card title={`Open ends in the code: ${total.toLocaleString("en")}`} flush data-testid="todos">
      <ul className={styles.todos}>
        {shown.map((todo) => (
          <li key={`${todo.id}:${todo.line}`} data-testid="todo">
            <span className={styles.kind}>{todo.kind}</span>
            <span className={styles.words} title={todo.text}>
              {withoutKind(todo)}
            </span>
            <FileLink id={todo.id} path={todo.path} line={todo.line} />
          </li>
        ))}
      </ul>
      {items.length > FIRST ? (
        <p className={styles.line}>
          <button type="button" className={styles.more} aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Show fewer" : `Show ${count(items.length, "place")}`}
          </button>
          {total > items.length ? ` of ${total.toLocaleString("en")}; search finds the others` : ""}
        </p>
      ) : null}
      {complete ? null : <p className={styles.line}>Not every file was looked through: there may be more.</p>}
    </Card>
  );
}
