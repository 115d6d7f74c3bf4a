/*
 * A link to a file of the folder, at a line where one is given. Opens the viewer; as a real link it can be copied and
 * opened apart.
 */
import { classNames } from "@cchub/kit";
import type { ReactNode } from "react";
import { hrefTo } from "../shell/router";
import styles from "./FileLink.module.css";
import { shortPath } from "../words";

/** Address of a file in the viewer, e.g. with line "12" or "12-20". */
export function fileHref(id: string, line?: number | string | null): string {
  return hrefTo("files", id, { line });
}

export interface FileLinkProps {
  id: string;
  path: string;
  line?: number | null | undefined;
  /** What to show in the place of the path. */
  children?: ReactNode;
  className?: string | undefined;
}

export function FileLink({ id, path, line, children, className }: FileLinkProps) {
  const suffix = line ? `:${line}` : "";
  return (
    <a
      href={fileHref(id, line ?? null)}
      title={`${path}${suffix}`}
      className={classNames(styles.link, className)}
      data-testid="file-link"
    >
      {children ?? (
        <>
          {shortPath(path)}
          {suffix ? <span className={styles.line}>{suffix}</span> : null}
        </>
      )}
    </a>
  );
}
