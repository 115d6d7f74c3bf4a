/*
 * Shown while folders are dragged over the window: says what a drop would do, then does it.
 */
import { FolderPlus } from "lucide-react";
import { useEffect, useState } from "react";
import { useApp } from "../app";
import { listed } from "../models/state";
import { folderName, plural } from "../models/words";
import styles from "./DropOverlay.module.css";

export function DropOverlay() {
  const app = useApp();
  const [paths, setPaths] = useState<readonly string[] | null>(null);

  useEffect(
    () =>
      app.host.onFolderDrop((event) => {
        switch (event.kind) {
          case "enter":
            setPaths(event.paths);
            return;
          case "over":
            return;
          case "leave":
            setPaths(null);
            return;
          case "drop":
            setPaths(null);
            if (event.paths.length > 0) void app.addPaths(event.paths);
            return;
        }
      }),
    [app],
  );

  if (paths === null) return null;
  const names = paths.length > 3 ? plural(paths.length, "folder") : listed(paths.map(folderName));
  return (
    <div className={styles.overlay} data-testid="drop-overlay" role="status">
      <div className={styles.target}>
        <FolderPlus aria-hidden="true" />
        <p>Drop to add {names || "this folder"}</p>
      </div>
    </div>
  );
}
