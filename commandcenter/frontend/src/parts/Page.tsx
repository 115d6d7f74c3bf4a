/*
 * The frame of a page: its heading, what can be done there, and its content. `fill` pages use the whole height and
 * scroll inside; the others scroll as a whole and keep lines at a readable width.
 */
import { classNames } from "@cchub/kit";
import type { ReactNode } from "react";
import styles from "./Page.module.css";

export interface PageFrameProps {
  title: string;
  /** Beside the heading, e.g. a count. */
  note?: ReactNode;
  /** At the heading's far side; at most one primary button. */
  actions?: ReactNode;
  fill?: boolean;
  /** Keeps the heading for assistive technology alone, where the content says it already. */
  hideTitle?: boolean;
  children: ReactNode;
}

export function PageFrame({ title, note, actions, fill, hideTitle, children }: PageFrameProps) {
  return (
    <div className={classNames(styles.page, fill && styles.fill)}>
      {hideTitle ? (
        <h1 className="visually-hidden">{title}</h1>
      ) : (
        <header className={styles.header}>
          <h1>{title}</h1>
          {note ? <div className={styles.note}>{note}</div> : null}
          {actions ? <div className={styles.actions}>{actions}</div> : null}
        </header>
      )}
      <div className={styles.content}>{children}</div>
    </div>
  );
}
