/*
 * Markdown shown as text: sanitised (see ../markdown), with the folder's own pictures, and links to its files.
 */
import { classNames } from "@cchub/kit";
import { useContext, useEffect, useMemo, useRef } from "react";
import { toSafeHtml } from "../markdown";
import styles from "./Markdown.module.css";
import { PictureContext, showPictures } from "./pictures";

export interface MarkdownProps {
  text: string;
  /** Folder that relative links start from, e.g. "docs". Without it they are shown as words. */
  folder?: string | undefined;
  className?: string | undefined;
  "data-testid"?: string;
}

export function Markdown({ text, folder, className, ...rest }: MarkdownProps) {
  const html = useMemo(() => toSafeHtml(text, folder), [text, folder]);
  const box = useRef<HTMLDivElement>(null);
  const source = useContext(PictureContext);
  useEffect(() => (box.current && source ? showPictures(box.current, source) : undefined), [html, source]);
  return (
    <div
      ref={box}
      className={classNames(styles.prose, className)}
      // Sanitised: see ../markdown.
      dangerouslySetInnerHTML={{ __html: html }}
      {...rest}
    />
  );
}
