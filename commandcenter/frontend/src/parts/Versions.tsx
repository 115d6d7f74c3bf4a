/*
 * Earlier versions of a note or task: a list by time, the chosen one as text, and the way back to it.
 */
import { Button, ConfirmDialog } from "@cchub/kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ago } from "../words";
import { Loading } from "./Loading";
import { Markdown } from "./Markdown";
import { Trouble } from "./Trouble";
import styles from "./Versions.module.css";
import { useNow } from "./useNow";

/** A stored version, whole. */
export interface Version {
  version: number;
  at: string;
  title: string;
  body: string;
}

export interface VersionsProps<T extends Version> {
  /** Key of the query; changes with the current version. */
  topic: readonly (string | number)[];
  load: () => Promise<T[]>;
  /** The version that is current: it cannot be restored. */
  current: number;
  onRestore: (version: T) => void;
  restoreLabel?: string;
  busy?: boolean;
  /** Something was typed that the version would take the place of. */
  unsaved: boolean;
}

export function Versions<T extends Version>(props: VersionsProps<T>) {
  const { topic, load, current, onRestore, restoreLabel = "Restore this version", busy = false, unsaved } = props;
  const now = useNow();
  const [chosen, setChosen] = useState<number | null>(null);
  const [asked, setAsked] = useState<T | null>(null);
  const versions = useQuery({ queryKey: topic, queryFn: load });
  if (versions.isError) {
    return (
      <Trouble
        title="The earlier versions cannot be shown"
        error={versions.error}
        onRetry={() => void versions.refetch()}
      />
    );
  }
  if (!versions.data) return <Loading what="the earlier versions" lines={3} />;
  const newestFirst = [...versions.data].sort((a, b) => b.version - a.version);
  const shown = newestFirst.find((one) => one.version === chosen) ?? newestFirst[0];
  return (
    <section aria-label="Earlier versions" className={styles.versions} data-testid="versions">
      <ol className={styles.list}>
        {newestFirst.map((one) => (
          <li key={one.version}>
            <button
              type="button"
              aria-current={one === shown ? "true" : undefined}
              onClick={() => setChosen(one.version)}
              data-testid="version"
            >
              <strong>{one.title}</strong>
              <time dateTime={one.at} title={new Date(one.at).toLocaleString()}>
                {one.version === current ? "now" : ago(one.at, now)}
              </time>
            </button>
          </li>
        ))}
      </ol>
      {shown ? (
        <div className={styles.shown}>
          <div className={styles.head}>
            <strong>{shown.title}</strong>
            <Button
              size="small"
              busy={busy}
              disabled={shown.version === current}
              onClick={() => (unsaved ? setAsked(shown) : onRestore(shown))}
              data-testid="restore"
            >
              {restoreLabel}
            </Button>
          </div>
          {shown.body.trim() ? <Markdown text={shown.body} /> : <p className={styles.none}>It had no text.</p>}
        </div>
      ) : null}
      <ConfirmDialog
        open={asked !== null}
        title={`Replace what you typed by “${asked?.title ?? ""}”?`}
        confirmLabel="Replace it"
        danger
        onCancel={() => setAsked(null)}
        onConfirm={() => {
          if (asked) onRestore(asked);
          setAsked(null);
        }}
      >
        What you typed and did not save goes. Save it first to find it again among the earlier versions.
      </ConfirmDialog>
    </section>
  );
}
