/*
 * One project: its services and their proof, its log, its settings.
 */
import { Button, PathText, StateMark } from "@cchub/kit";
import { useEffect } from "react";
import type { ProjectView, RuntimeKind } from "../api";
import { useApp } from "../app";
import { FailureCard } from "../components/FailureCard";
import { LogPane } from "../components/LogPane";
import { ProjectActions } from "../components/ProjectActions";
import { ProjectSettings } from "../components/ProjectSettings";
import { FolderNotice } from "../components/FolderNotice";
import { ServiceTable } from "../components/ServiceTable";
import { StartProgress } from "../components/StartProgress";
import { EvidenceText } from "../components/EvidenceText";
import { problemOf, projectEvidence, projectMark } from "../models/state";
import { startTook } from "../models/timeline";
import { measured } from "../models/words";
import { formatRoute, TABS, type Route, type Tab } from "../stores/route";
import { useStore } from "../stores/store";
import styles from "./ProjectPage.module.css";

type ProjectRoute = Extract<Route, { page: "project" }>;

export function ProjectPage({ route }: { route: ProjectRoute }) {
  const app = useApp();
  const project = useStore(app.hub, (state) => state.projects.find(({ id }) => id === route.id));
  const connecting = useStore(app.hub, (state) => state.connection === "connecting");
  useEffect(() => {
    document.title = project ? `${project.name} · CommandCenter Hub` : "CommandCenter Hub";
    return () => {
      document.title = "CommandCenter Hub";
    };
  }, [project]);

  if (connecting) return <main className={styles.page} aria-busy="true" />;
  if (!project) return <Missing />;
  return (
    <main
      className={styles.page}
      data-testid="project-page"
      data-project-id={project.id}
      data-state={projectMark(project)}
    >
      <Header project={project} tab={route.tab} />
      <div className={styles.content} id="tab-content">
        {route.tab === "overview" ? <Overview project={project} /> : null}
        {route.tab === "logs" ? <LogPane project={project.id} name={project.name} only={route.service} /> : null}
        {route.tab === "settings" ? <ProjectSettings key={project.id} project={project} /> : null}
      </div>
    </main>
  );
}

const TAB_WORDS: Record<Tab, string> = { overview: "Overview", logs: "Logs", settings: "Settings" };

function Header({ project, tab }: { project: ProjectView; tab: Tab }) {
  return (
    <div className={styles.header}>
      <div className={styles.title}>
        <h1>{project.name}</h1>
        <StateMark state={projectMark(project)} />
        <PathText path={project.path} />
        <div className={styles.actions}>
          <ProjectActions project={project} large />
        </div>
      </div>
      <nav className={styles.tabs} aria-label={`Parts of ${project.name}`}>
        {TABS.map((each) => (
          <a
            key={each}
            href={formatRoute({ page: "project", id: project.id, tab: each })}
            aria-current={each === tab ? "page" : undefined}
          >
            {TAB_WORDS[each]}
          </a>
        ))}
      </nav>
    </div>
  );
}

function Overview({ project }: { project: ProjectView }) {
  const problem = problemOf(project);
  return (
    <>
      <div className={styles.top}>
        {problem ? <FailureCard project={project} error={problem} /> : null}
        <section className={styles.services} aria-label="Services and their state">
          {project.state.state === "starting" ? (
            <StartProgress state={project.state} />
          ) : (
            <p className={styles.sum}>
              <StateSentence project={project} />
            </p>
          )}
          {project.folder ? <FolderNotice folder={project.folder} /> : null}
          <ServiceTable project={project} />
        </section>
      </div>
      <div className={styles.log}>
        <LogPane project={project.id} name={project.name} />
      </div>
    </>
  );
}

const RUNTIME_WORDS: Record<RuntimeKind, string> = { native: "on this machine", dagger: "in Dagger" };

function StateSentence({ project }: { project: ProjectView }) {
  const took = startTook(project);
  const { in_use: inUse, why } = project.runtime;
  const idle = project.state.state === "stopped" || project.state.state === "failed";
  return (
    <>
      <span>{idle ? "Nothing of this project runs." : <EvidenceText evidence={projectEvidence(project)} />}</span>
      <span className={styles.aside}>
        {took !== null ? `Services up in ${measured(took)}` : null}
        {took !== null && inUse !== null ? " · " : null}
        {inUse !== null ? <span title={why}>Runs {RUNTIME_WORDS[inUse]}</span> : null}
      </span>
    </>
  );
}

function Missing() {
  const app = useApp();
  return (
    <main className={styles.missing}>
      <h1>This project is not registered</h1>
      <p>It may have been removed. Its folder is where it was.</p>
      <Button variant="primary" onClick={() => app.route.go({ page: "projects" })}>
        Show all projects
      </Button>
    </main>
  );
}
