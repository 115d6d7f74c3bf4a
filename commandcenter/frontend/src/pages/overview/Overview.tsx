/*
 * What the folder is: its figures and languages, its git state, its README, its open ends. Follows the folder by itself.
 */
import { Button, Card, PathText, useDelayed } from "@cchub/kit";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FolderOpen, RefreshCw } from "lucide-react";
import type { FolderFiles, Overview as Data } from "../../api/overview";
import { Banner } from "../../parts/Banner";
import { EmptyState } from "../../parts/EmptyState";
import { Loading } from "../../parts/Loading";
import { PageFrame } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { useNow } from "../../parts/useNow";
import { useCommands } from "../../shell/commands";
import type { PageProps } from "../../shell/pages";
import { ago, count, size } from "../../words";
import { Commits, Contributors, GitCard } from "./Git";
import { Languages, Largest, SkippedNote } from "./Languages";
import styles from "./Overview.module.css";
import { ReadmeCard } from "./ReadmeCard";
import { Todos } from "./Todos";

/** While the folder is being read, it is asked how far that is, this often, in milliseconds. */
const WHILE_READING = 400;

export function Overview({ api, config }: PageProps) {
  const now = useNow();
  const queries = useQueryClient();
  const project = useQuery({ queryKey: ["project"], queryFn: api.project });
  const overview = useQuery({
    queryKey: ["overview"],
    queryFn: api.overview.get,
    refetchInterval: (query) => (query.state.data?.state === "scanning" ? WHILE_READING : false),
  });
  const again = useMutation({
    mutationFn: api.overview.refresh,
    onSettled: () => void queries.invalidateQueries({ queryKey: ["overview"] }),
  });
  useCommands([
    {
      id: "overview-again",
      title: "Look at the folder again",
      group: "Overview",
      keys: "r",
      run: () => again.mutate(),
    },
  ]);
  const { data } = overview;
  const scanning = data?.state === "scanning";
  return (
    <PageFrame
      title={config.projectName || "Overview"}
      note={
        <span className={styles.note}>
          {project.data ? <PathText path={project.data.folder} /> : null}
          {project.data?.read_only ? <span className={styles.badge}>read-only</span> : null}
        </span>
      }
      actions={
        <>
          {data?.snapshot ? <span className={styles.age}>seen {ago(data.snapshot.at, now)}</span> : null}
          <Button
            size="small"
            icon={<RefreshCw />}
            busy={scanning || again.isPending}
            onClick={() => again.mutate()}
            data-testid="look-again"
          >
            Look again
          </Button>
        </>
      }
    >
      {overview.isError && !data ? (
        <Trouble title="The folder cannot be shown" error={overview.error} onRetry={() => void overview.refetch()} />
      ) : null}
      {again.isError ? <Trouble title="The folder was not looked at again" error={again.error} /> : null}
      {data?.error ? (
        <Trouble title="The folder could not be read" error={new Error(data.error)} onRetry={() => again.mutate()} />
      ) : null}
      {!data && !overview.isError ? <Loading what="the folder" lines={6} /> : null}
      {data && !data.snapshot && !data.error ? <Reading progress={data.progress} /> : null}
      {data ? <Known data={data} /> : null}
    </PageFrame>
  );
}

/** The first look at a folder that is large. */
function Reading({ progress }: { progress: Data["progress"] }) {
  const due = useDelayed(true);
  if (!due) return null;
  return (
    <Card title="Reading the folder" data-testid="reading">
      <p role="status">
        {progress ? `${count(progress.files, "file")} so far, ${progress.seconds.toFixed(0)} s` : "Beginning"}
      </p>
      <p className={styles.quiet}>Search, files, notes and tasks work meanwhile.</p>
    </Card>
  );
}

/** What is known of the folder; git and README may be there before the figures are. */
function Known({ data }: { data: Data }) {
  const { snapshot, git, readme, todos, progress } = data;
  const slow = useDelayed(data.state === "scanning" && snapshot !== null, 1000);
  if (snapshot?.files.count === 0 && git?.state === "none") {
    return (
      <EmptyState icon={FolderOpen} title="This folder is empty">
        Put a file into it, or start a repository with <code>git init</code>: it appears here at once.
      </EmptyState>
    );
  }
  return (
    <>
      {slow && progress ? (
        <Banner>Looking again: {count(progress.files, "file")} so far. What is shown is from before.</Banner>
      ) : null}
      {snapshot ? <Summary files={snapshot.files} git={git} todos={todos} /> : null}
      <div className={styles.columns}>
        <div className={styles.column}>
          {git ? <GitCard git={git} /> : null}
          {git ? <Commits git={git} /> : null}
          {git ? <Contributors git={git} /> : null}
          {snapshot ? <Largest files={snapshot.files} /> : null}
        </div>
        <div className={styles.column}>
          {snapshot || readme ? <ReadmeCard readme={readme} /> : null}
          {todos ? <Todos todos={todos} /> : null}
        </div>
      </div>
    </>
  );
}

function Summary({ files, git, todos }: { files: FolderFiles } & Pick<Data, "git" | "todos">) {
  const noGit = git === null || git.state === "none" || git.state === "missing_git";
  return (
    <section aria-label="Size and languages" className={styles.summary} data-testid="files">
      <dl className={styles.figures}>
        <Figure name="Files" value={files.count.toLocaleString("en")} />
        <Figure name="Size" value={size(files.bytes)} />
        <Figure name="Changed" value={noGit ? "–" : git.dirty_total.toLocaleString("en")} />
        <Figure name="Open ends" value={todos ? todos.total.toLocaleString("en") : "…"} />
      </dl>
      <Languages languages={files.languages} />
      <SkippedNote files={files} />
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
