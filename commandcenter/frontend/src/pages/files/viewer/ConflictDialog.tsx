/*
 * A file that changed on the disk while it was edited here: shows the difference, and lets the user choose.
 */
import { Button, Dialog } from "@cchub/kit";
import { Suspense, lazy } from "react";
import { Loading } from "../../../parts/Loading";
import styles from "./ConflictDialog.module.css";
import type { Conflict } from "./useSaving";

const Comparison = lazy(() => import("../editor/Comparison"));

export interface ConflictDialogProps {
  conflict: Conflict | null;
  path: string;
  busy: boolean;
}

export function ConflictDialog({ conflict, path, busy }: ConflictDialogProps) {
  return (
    <Dialog
      open={conflict !== null}
      onClose={() => conflict?.close()}
      title="The file changed on disk meanwhile"
      description={
        <p>
          <code>{path}</code> is not what it was when you began. Below, red lines are on the disk and green ones are
          yours.
        </p>
      }
      wide
      footer={
        <>
          <Button onClick={() => conflict?.takeTheirs()} data-testid="take-theirs">
            Take theirs
          </Button>
          <Button variant="danger" busy={busy} onClick={() => conflict?.overwrite()} data-testid="overwrite">
            Overwrite with mine
          </Button>
          <Button variant="primary" onClick={() => conflict?.merge()} data-testid="merge">
            Keep editing, side by side
          </Button>
        </>
      }
    >
      <div className={styles.comparison} data-testid="comparison">
        {conflict ? (
          <Suspense fallback={<Loading what="the difference" />}>
            <Comparison theirs={conflict.theirs.text ?? ""} mine={conflict.mine} />
          </Suspense>
        ) : null}
      </div>
    </Dialog>
  );
}
