/*
 * A bounded area with an optional heading. One level only: a card never holds a card.
 */
import { useId, type HTMLAttributes, type ReactNode } from "react";
import styles from "./Card.module.css";
import { classNames } from "./classNames";

export interface CardProps extends Omit<HTMLAttributes<HTMLElement>, "title"> {
  title?: ReactNode;
  /** Sits at the heading's far side. */
  actions?: ReactNode;
  tone?: "plain" | "danger" | "warning";
  /** Leaves out the inner padding, for lists that reach the edges. */
  flush?: boolean;
}

export function Card({ title, actions, tone = "plain", flush, className, children, ...rest }: CardProps) {
  const heading = useId();
  return (
    <section
      aria-labelledby={title ? heading : undefined}
      {...rest}
      className={classNames(styles.card, styles[tone], className)}
    >
      {title || actions ? (
        <header className={styles.header}>
          <h2 id={heading}>{title}</h2>
          {actions ? <div className={styles.actions}>{actions}</div> : null}
        </header>
      ) : null}
      <div className={flush ? undefined : styles.body}>{children}</div>
    </section>
  );
}
