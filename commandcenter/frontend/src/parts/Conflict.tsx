/*
 * Somebody else stored a newer version meanwhile: nothing is overwritten until the user has chosen.
 */
import { Button } from "@cchub/kit";
import styles from "./Conflict.module.css";

export interface ConflictProps {
  /** "note" or "task". */
  what: string;
  /** False until the newer version is here to choose. */
  ready: boolean;
  onMine: () => void;
  onTheirs: () => void;
}

export function Conflict({ what, ready, onMine, onTheirs }: ConflictProps) {
  return (
    <div role="alert" className={styles.conflict} data-testid="conflict">
      <p>This {what} was changed elsewhere meanwhile. Nothing of yours is lost: which text shall stay?</p>
      <div className={styles.choices}>
        <Button size="small" onClick={onMine} disabled={!ready}>
          Keep mine
        </Button>
        <Button size="small" onClick={onTheirs} disabled={!ready}>
          Take theirs
        </Button>
      </div>
    </div>
  );
}
