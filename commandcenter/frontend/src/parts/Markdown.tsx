/*
 * Markdown shown as text: sanitised (see ../markdown), links of the folder's own open in the viewer.
 */
import { classNames } from "@cchub/kit";
import { useMemo } from "react";
import { toSafeHtml } from "../markdown";
import styles from "./Markdown.module.css";

export interface MarkdownProps {
  text: string;
  /** Folder that relative links start from, e.g. "docs". Without it they are shown as words. */
  folder?: string | undefined;
  className?: string | undefined;
  "data-testid"?: string;
}

export function Markdown({ text, folder, className, ...rest }: MarkdownProps) {
  const html = useMemo(() => toSafeHtml(text, folder), [text, folder]);
  return (
    <div
      className={classNames(styles.prose, className)}
      // Sanitised: see ../markdown.
      dangerouslySetInnerHTML={{ __html: html }}
      {...rest}
    />
  );
}
