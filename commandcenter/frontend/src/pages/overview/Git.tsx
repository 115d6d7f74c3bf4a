/*
 * The repository: branch, what is not committed, the last commits and who made them; or why there is nothing to show.
 */
import { Card } from "@cchub/kit";
import { GitBranch } from "lucide-react";
import { useState } from "react";
import type { DirtyFile, Git } from "../../api/overview";
import { FileLink } from "../../parts/FileLink";
import { useNow } from "../../parts/useNow";
import { ago, count, dateAndTime } from "../../words";
import styles from "./Overview.module.css";

/** So many changed files are shown before the rest is asked for. */
const FIRST = 8;

export function GitCard({ git }: { git: Git }) {
  const absence = whyAbsent(git);
  if (absence !== null) {
    return (
      <Card title="Git" tone={git.state === "corrupt" ? "warning" : "plain"} data-testid="git">
        <p>{absence}</p>
      </Card>
    );
  }
  const { branch, head, upstream, ahead, behind } = git;
  return (
    <Card title="Git" flush data-testid="git">
      <p className={styles.git}>
        <span className={styles.branch}>
          <GitBranch size={14} aria-hidden="true" />
          <code>{branch ?? `detached at ${head?.slice(0, 10) ?? "no commit"}`}</code>
        </span>
        <span>{upstream ? distance(upstream, ahead, behind) : "follows no other branch"}</span>
      </p>
      {git.state === "empty" ? <p className={styles.line}>No commit yet.</p> : null}
      <Dirty git={git} />
    </Card>
  );
}

/** Why there is no repository to show; null where there is one. */
function whyAbsent({ state, error }: Git): string | null {
  switch (state) {
    case "none":
      return "This folder is not in a git repository.";
    case "missing_git":
      return "git is not installed where the backend runs, so no history is shown. Everything else works without it.";
    case "corrupt":
      return `git cannot read this repository: ${error ?? "it gave no reason"}. Run \`git fsck\` in the folder to see what is damaged.`;
    case "ok":
    case "empty":
      return null;
  }
}

function distance(upstream: string, ahead: number, behind: number): string {
  if (ahead === 0 && behind === 0) return `even with ${upstream}`;
  const parts = [ahead > 0 ? `${ahead} ahead` : null, behind > 0 ? `${behind} behind` : null];
  return `${parts.filter(Boolean).join(", ")} ${behind > 0 && ahead === 0 ? "" : "of "}${upstream}`;
}

function Dirty({ git: { dirty, dirty_total: total } }: { git: Git }) {
  const [all, setAll] = useState(false);
  if (total === 0) return <p className={styles.line}>Nothing to commit.</p>;
  const shown = all ? dirty : dirty.slice(0, FIRST);
  const unnamed = total - dirty.length;
  return (
    <>
      <ul className={styles.rows} aria-label="Files that are not committed">
        {shown.map(({ path, id, status }) => (
          <li key={`${status} ${id}`}>
            {status === "deleted" ? <code className={styles.gone}>{path}</code> : <FileLink id={id} path={path} />}
            <span className={styles.number}>{STATUSES[status]}</span>
          </li>
        ))}
      </ul>
      {dirty.length > FIRST ? (
        <p className={styles.line}>
          <button type="button" className={styles.more} aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Show fewer" : `Show all ${count(dirty.length, "file")}`}
          </button>
          {unnamed > 0 ? ` and ${unnamed.toLocaleString("en")} not named here` : ""}
        </p>
      ) : null}
    </>
  );
}

const STATUSES: Readonly<Record<DirtyFile["status"], string>> = {
  modified: "changed",
  added: "added",
  deleted: "deleted",
  renamed: "renamed",
  type_changed: "of another type",
  conflicted: "in conflict",
  untracked: "new",
};

export function Commits({ git: { commits } }: { git: Git }) {
  const now = useNow();
  if (commits.length === 0) return null;
  return (
    <Card title="Recent commits" flush data-testid="commits">
      <ul className={`${styles.rows} ${styles.wrapped}`}>
        {commits.slice(0, 12).map((commit) => (
          <li key={commit.sha} title={`${commit.sha}\n${commit.subject}\n${dateAndTime(commit.at)}`}>
            <code className={styles.sha}>{commit.sha.slice(0, 7)}</code>
            <span className={styles.subject}>{commit.subject}</span>
            <span className={styles.number}>
              {commit.author}, {ago(commit.at, now)}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function Contributors({ git: { contributors } }: { git: Git }) {
  const most = contributors[0]?.commits ?? 1;
  if (contributors.length === 0) return null;
  return (
    <Card title="Contributors" flush>
      <ul className={styles.rows}>
        {contributors.slice(0, 8).map(({ name, commits }) => (
          <li key={name}>
            <span className={styles.subject}>{name}</span>
            <span className={styles.share} aria-hidden="true">
              <i style={{ width: `${(100 * commits) / most}%` }} />
            </span>
            <span className={styles.commits}>{count(commits, "commit")}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
