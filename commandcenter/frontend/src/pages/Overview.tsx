/*
 * What the folder is: its figures, its languages, its git state, its README.
 */
import { Button, Card, PathText, Skeleton } from "@cchub/kit";
import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import type { Api, Overview as OverviewData } from "../api/client";
import { toSafeHtml } from "../markdown";
import { Trouble } from "../parts/Trouble";
import { useNow } from "../parts/useNow";
import { ago, count, size } from "../words";
import styles from "./Overview.module.css";

type Snapshot = NonNullable<OverviewData["snapshot"]>;

/** While the folder is being read, it is asked how far that is, this often, in milliseconds. */
const WHILE_READING = 400;

export function Overview({ api }: { api: Api }) {
  const project = useQuery({ queryKey: ["project"], queryFn: api.project });
  const overview = useQuery({
    queryKey: ["overview"],
    queryFn: api.overview,
    refetchInterval: (query) => (query.state.data?.snapshot ? false : WHILE_READING),
  });
  if (overview.isError && !overview.data) {
    return (
      <Trouble title="The folder cannot be shown" error={overview.error} onRetry={() => void overview.refetch()} />
    );
  }
  const { snapshot, progress, error } = overview.data ?? { snapshot: null, progress: null, error: null };
  return (
    <div className={styles.page}>
      <div className={styles.heading}>
        <p className={styles.path}>{project.data ? <PathText path={project.data.folder} /> : null}</p>
        {project.data?.read_only ? <span className={styles.badge}>read-only</span> : null}
        <Button
          size="small"
          icon={<RefreshCw size={14} />}
          busy={overview.data?.state === "scanning"}
          onClick={() => void api.refresh().then(() => overview.refetch())}
        >
          Look again
        </Button>
      </div>
      {error ? <Trouble title="The folder could not be read" error={new Error(error)} /> : null}
      {snapshot ? (
        <Figures snapshot={snapshot} />
      ) : (
        <Card title="Reading the folder">
          <p role="status">{progress ? `${count(progress.files, "file")} so far` : "Beginning"}</p>
          <Skeleton width="60%" />
        </Card>
      )}
    </div>
  );
}

function Figures({ snapshot }: { snapshot: Snapshot }) {
  const { files, git, readme } = snapshot;
  return (
    <div className={styles.columns}>
      <div className={styles.column}>
        <Card title="Files" data-testid="files">
          <p className={styles.figures}>
            <strong>{count(files.count, "file")}</strong>
            <strong>{size(files.bytes)}</strong>
            {files.truncated ? <span>more than are counted here</span> : null}
          </p>
          <Languages languages={files.languages} />
          <SkippedNote skipped={files.skipped} />
        </Card>
        <Card title="Largest files" flush>
          <ul className={styles.rows}>
            {files.largest.slice(0, 8).map((file) => (
              <li key={file.path}>
                <PathText path={file.path} />
                <span className={styles.number}>{size(file.bytes)}</span>
              </li>
            ))}
          </ul>
        </Card>
        <GitCard git={git} />
      </div>
      <div className={styles.column}>
        {readme ? (
          <Card title={readme.path} data-testid="readme">
            {/* Sanitised: see ../markdown. */}
            <div className={styles.prose} dangerouslySetInnerHTML={{ __html: toSafeHtml(readme.text) }} />
            {readme.truncated ? <p>Shortened: it goes on in the file.</p> : null}
          </Card>
        ) : (
          <Card title="README">
            <p>This folder has none. What would somebody new need to know first?</p>
          </Card>
        )}
      </div>
    </div>
  );
}

function Languages({ languages }: { languages: Snapshot["files"]["languages"] }) {
  const whole = languages.reduce((sum, language) => sum + language.bytes, 0) || 1;
  const shown = languages.slice(0, 8);
  return (
    <>
      <div className={styles.strip} aria-hidden="true">
        {shown.map((language, index) => (
          <span key={language.language} data-place={index} style={{ flexGrow: language.bytes / whole }} />
        ))}
      </div>
      <ul className={styles.languages}>
        {shown.map((language, index) => (
          <li key={language.language}>
            <i data-place={index} aria-hidden="true" />
            {language.language}
            <span className={styles.number}>
              {((100 * language.bytes) / whole).toFixed(1)} % · {count(language.files, "file")}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function SkippedNote({ skipped }: { skipped: Snapshot["files"]["skipped"] }) {
  const parts = [
    skipped.unreadable_folders > 0 ? count(skipped.unreadable_folders, "unreadable folder") : null,
    skipped.symlinks > 0 ? count(skipped.symlinks, "symbolic link") : null,
    skipped.special > 0 ? count(skipped.special, "special file") : null,
    skipped.vanished > 0 ? `${skipped.vanished} vanished while being read` : null,
  ].filter((part) => part !== null);
  return parts.length > 0 ? <p className={styles.quiet}>Not counted: {parts.join(", ")}.</p> : null;
}

function GitCard({ git }: { git: Snapshot["git"] }) {
  const now = useNow();
  if (git.kind === "none") {
    return (
      <Card title="Git">
        <p>This folder is not in a git repository.</p>
      </Card>
    );
  }
  if (git.kind === "failed" || !git.state) {
    return (
      <Card title="Git" tone="warning">
        <p>Git could not answer: {git.error ?? "no reason given"}</p>
      </Card>
    );
  }
  const { branch, head, upstream, ahead, behind, dirty, commits } = git.state;
  return (
    <Card title="Git" flush data-testid="git">
      <p className={styles.git}>
        <code>{branch ?? head?.slice(0, 10) ?? "no commit yet"}</code>
        <span>{dirty === 0 ? "clean" : count(dirty, "changed file")}</span>
        {upstream ? (
          <span>
            {ahead} ahead, {behind} behind <code>{upstream}</code>
          </span>
        ) : null}
      </p>
      <ul className={styles.rows}>
        {commits.slice(0, 8).map((commit) => (
          <li key={commit.id}>
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
