/*
 * Says that what stands in the fields is an unsaved draft from earlier, or that this browser keeps none.
 */
import { Button } from "@cchub/kit";
import { ago } from "../words";
import styles from "./DraftNotice.module.css";
import { useNow } from "./useNow";
import type { Typed } from "./useTyped";

export function DraftNotice({ typed }: { typed: Typed }) {
  const now = useNow();
  if (!typed.keeps && typed.changed) {
    return (
      <p role="status" className={styles.notice}>
        This browser keeps no drafts: save before you leave this page.
      </p>
    );
  }
  if (typed.restored === null || !typed.changed) return null;
  return (
    <div role="status" className={styles.notice} data-testid="draft-notice">
      <p>Your unsaved changes from {ago(new Date(typed.restored).toISOString(), now)} are back in the fields.</p>
      <Button size="small" onClick={typed.discard}>
        Discard it
      </Button>
    </div>
  );
}
