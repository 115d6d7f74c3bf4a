/*
 * The commits that changed a file, and what the chosen one changed in it. First stands what is not committed yet.
 */
import { Button, classNames } from "@cchub/kit";
import { useQuery } from "@tanstack/react-query";
import { GitCommitHorizontal, History as HistoryIcon } from "lucide-react";
import { ApiError, type Api } from "../../../api/client";
import type { FileCommit } from "../../../api/files";
import { EmptyState } from "../../../parts/EmptyState";
import { Loading } from "../../../parts/Loading";
import { Trouble } from "../../../parts/Trouble";
import { useNow } from "../../../parts/useNow";
import { ago, dateAndTime } from "../../../words";
import { placeHref } from "../place";
import { Diff } from "./Diff";
import styles from "./History.module.css";
import { useHistory } from "./useHistory";

/** Stands for what lies in the folder, among the commits. */
const WORKTREE = "worktree";

export interface HistoryProps {
  api: Api;
  id: string;
  path: string;
  /** The commit whose change is shown; null for what is not committed. */
  commit: string | null;
}

export function History({ api, id, path, commit }: HistoryProps) {
  const history = useHistory(api, id);
  if (history.isPending) return <Loading what="the history" lines={8} />;
  if (history.isError && history.commits.length === 0) {
    return <Trouble title="The history cannot be shown" error={history.error} onRetry={() => void history.refetch()} />;
  }
  if (history.commits.length === 0) {
    return (
      <EmptyState icon={HistoryIcon} title="No commit has this file">
        {history.reason ?? "Once it is committed, its history stands here."}
      </EmptyState>
    );
  }
  const chosen = commit ?? WORKTREE;
  return (
    <div className={styles.columns}>
      <nav aria-label="Commits" className={styles.list} data-testid="file-history">
        <a
          href={placeHref(id, { view: "history" })}
          aria-current={chosen === WORKTREE ? "true" : undefined}
          className={styles.commit}
        >
          <span className={styles.subject}>Not committed</span>
          <span className={styles.about}>The folder against the last commit</span>
        </a>
        {history.commits.map((each) => (
          <CommitLink key={each.sha} id={id} commit={each} chosen={each.sha === chosen} />
        ))}
        {history.hasNextPage ? (
          <Button
            variant="quiet"
            busy={history.isFetchingNextPage}
            onClick={() => void history.fetchNextPage()}
            className={styles.more ?? ""}
          >
            Older commits
          </Button>
        ) : null}
      </nav>
      <ChangeOf key={chosen} api={api} id={id} path={path} commits={history.commits} chosen={chosen} />
    </div>
  );
}

function CommitLink({ id, commit, chosen }: { id: string; commit: FileCommit; chosen: boolean }) {
  const now = useNow();
  return (
    <a
      href={placeHref(id, { view: "history", commit: commit.sha })}
      aria-current={chosen ? "true" : undefined}
      className={styles.commit}
      data-testid="commit"
    >
      <span className={styles.subject} title={commit.subject}>
        {commit.subject}
      </span>
      <span className={styles.about}>
        <code>{commit.short}</code> {commit.author},{" "}
        <time dateTime={commit.at} title={dateAndTime(commit.at)}>
          {ago(commit.at, now)}
        </time>
      </span>
    </a>
  );
}

interface ChangeProps {
  api: Api;
  id: string;
  path: string;
  commits: readonly FileCommit[];
  chosen: string;
}

function ChangeOf({ api, id, path, commits, chosen }: ChangeProps) {
  const uncommitted = chosen === WORKTREE;
  const commit = commits.find((each) => each.sha === chosen);
  const from = uncommitted ? "HEAD" : `${chosen}^`;
  // Followed over renames: what it was called at the commit, and before it.
  const named = commit?.id ?? id;
  const before = commit ? (commits[commits.indexOf(commit) + 1]?.id ?? named) : null;
  const diff = useQuery({
    queryKey: ["file-diff", named, from, chosen, before],
    queryFn: ({ signal }) => api.files.diff(named, from, chosen, before, { signal }),
    retry: (failures, error) => error instanceof ApiError && error.isPassing && failures < 20,
  });
  return (
    <section className={styles.change} aria-label="Change">
      <header className={classNames(styles.heading)}>
        <GitCommitHorizontal size={16} aria-hidden="true" />
        <h3>{uncommitted ? "Not committed" : (commit?.subject ?? chosen.slice(0, 8))}</h3>
        {uncommitted ? null : (
          <a href={placeHref(id, { rev: chosen, was: named, view: "text" })} data-testid="show-revision">
            The file at this commit
          </a>
        )}
      </header>
      {diff.isPending ? <Loading what="the change" lines={8} /> : null}
      {diff.isError && !diff.data ? (
        <Trouble title="The change cannot be shown" error={diff.error} onRetry={() => void diff.refetch()} />
      ) : null}
      {diff.data ? <Diff diff={diff.data} fileName={commit?.path ?? path} /> : null}
    </section>
  );
}
