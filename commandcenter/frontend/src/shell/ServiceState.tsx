/*
 * Whether what the page shows is live, and how far the search index is. One line at the sidebar's foot.
 */
import type { Api } from "../api/client";
import type { LiveState } from "../api/live";
import { useIndexStatus } from "../api/useIndexStatus";
import { indexWords } from "../words";
import styles from "./ServiceState.module.css";

export interface ServiceStateProps {
  api: Api;
  connection: LiveState["connection"];
}

const CONNECTION: Record<LiveState["connection"], { mark: string; word: string }> = {
  connecting: { mark: "◌", word: "Connecting" },
  live: { mark: "●", word: "Live" },
  lost: { mark: "?", word: "No answer" },
};

export function ServiceState({ api, connection }: ServiceStateProps) {
  const index = useIndexStatus(api);
  const { mark, word } = CONNECTION[connection];
  const words = connection === "live" && index ? indexWords(index) : null;
  return (
    <p className={styles.state} data-connection={connection} data-testid="connection" title={words?.long}>
      <span aria-hidden="true">{mark}</span>
      <span className={styles.word}>{words?.busy ? words.short : word}</span>
    </p>
  );
}
