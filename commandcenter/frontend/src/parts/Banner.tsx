/*
 * A line over the content that says what is not as usual, with what to do about it.
 */
import { classNames } from "@cchub/kit";
import type { ReactNode } from "react";
import styles from "./Banner.module.css";

export interface BannerProps {
  tone?: "info" | "warning" | "danger";
  children: ReactNode;
  /** Buttons. */
  actions?: ReactNode;
  "data-testid"?: string;
}

export function Banner({ tone = "info", children, actions, ...rest }: BannerProps) {
  return (
    <div role={tone === "danger" ? "alert" : "status"} className={classNames(styles.banner, styles[tone])} {...rest}>
      <div className={styles.words}>{children}</div>
      {actions ? <div className={styles.actions}>{actions}</div> : null}
    </div>
  );
}
