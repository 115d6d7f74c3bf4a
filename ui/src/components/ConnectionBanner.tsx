/*
 * Says that the Hub is gone and that what is shown may be old. Disappears by itself when the Hub is back.
 */
import { Unplug } from "lucide-react";
import { useApp } from "../app";
import { useStore } from "../stores/store";
import styles from "./ConnectionBanner.module.css";

export function ConnectionBanner() {
  const { hub } = useApp();
  const lost = useStore(hub, (state) => state.connection === "lost");
  const reason = useStore(hub, (state) => state.lostBecause);
  if (!lost) return null;
  return (
    <div className={styles.banner} role="alert" data-testid="connection-lost">
      <Unplug aria-hidden="true" />
      <p>
        <strong>{reason?.message ?? "The Hub does not answer."}</strong>{" "}
        {reason?.action ?? "What you see is its last known state. This window reconnects by itself."}
      </p>
    </div>
  );
}
