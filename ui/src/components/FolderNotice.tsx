/*
 * How a running project has its folder, where it works on a copy: which way, what both sides changed, what is not synced.
 */
import { FolderSync } from "lucide-react";
import type { FolderView } from "../api";
import styles from "./FolderNotice.module.css";

export function FolderNotice({ folder }: { folder: FolderView }) {
  const { access, conflicts, trouble } = folder;
  return (
    <div
      className={styles.notice}
      data-testid="folder-notice"
      data-attention={conflicts.length > 0 || trouble !== null}
    >
      <FolderSync aria-hidden="true" />
      <div>
        <p>The folder is {access}.</p>
        {trouble !== null ? <p role="status">{trouble}</p> : null}
        {conflicts.length > 0 ? (
          <>
            <p role="status">Changed on both sides, so both versions are kept. Compare, then remove one:</p>
            <ul>
              {conflicts.map((path) => (
                <li key={path}>
                  <code>{path}</code>
                </li>
              ))}
            </ul>
          </>
        ) : null}
      </div>
    </div>
  );
}
