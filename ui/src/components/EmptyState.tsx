/*
 * The window before the first project: the whole of it is the drop target, with one sentence and one button.
 */
import { Button } from "@cchub/kit";
import { FolderPlus } from "lucide-react";
import { useApp } from "../app";
import { HubMark } from "./HubMark";
import styles from "./EmptyState.module.css";

export function EmptyState() {
  const app = useApp();
  const { canDrop } = app.host;
  return (
    <main className={styles.page}>
      <div className={styles.target}>
        <div className={styles.mark}>
          <HubMark size={56} />
        </div>
        <h1>{canDrop ? "Drop a project folder here" : "Add your first project folder"}</h1>
        <p>It gets a PostgreSQL, a Redis, an API and a page of its own. Nothing is written into the folder.</p>
        <Button
          variant="primary"
          size="large"
          icon={<FolderPlus />}
          data-testid="add-folder"
          onClick={() => void app.addFolder()}
        >
          {app.host.canPick ? "Choose folder…" : "Add folder…"}
        </Button>
      </div>
    </main>
  );
}
