/*
 * One project in the list: what it is, how it is and why that is known, what it takes, what can be done. All rows are of
 * one height whatever their state, so that nothing jumps when a state changes.
 */
import { Button, PathText, StateMark } from "@cchub/kit";
import { memo } from "react";
import type { ProjectView } from "../api";
import { useApp } from "../app";
import { isActive, needsAttention, projectEvidence, projectMark, totalUsage } from "../models/state";
import { cpu, memory } from "../models/words";
import { formatRoute } from "../stores/route";
import type { Adding } from "../stores/hub";
import { EvidenceText } from "./EvidenceText";
import { ProjectActions } from "./ProjectActions";
import styles from "./ProjectRow.module.css";

export const ProjectRow = memo(function ProjectRow({ project }: { project: ProjectView }) {
  const mark = projectMark(project);
  return (
    <li className={styles.row} data-testid="project-row" data-project-id={project.id} data-state={mark}>
      <StateMark state={mark} bare className={styles.mark} />
      <div className={styles.main}>
        <div className={styles.line}>
          <a className={styles.name} href={formatRoute({ page: "project", id: project.id, tab: "overview" })}>
            {project.name}
          </a>
          <PathText path={project.path} className={styles.path} />
        </div>
        <div className={styles.line}>
          <StateMark state={mark} className={styles.word} />
          <span className={styles.evidence}>
            <EvidenceText evidence={projectEvidence(project)} />
          </span>
          {needsAttention(project) ? <WayToCause project={project} /> : null}
        </div>
      </div>
      <Facts project={project} />
      <div className={styles.actions}>
        <ProjectActions project={project} />
      </div>
    </li>
  );
});

function Facts({ project }: { project: ProjectView }) {
  const usage = totalUsage(project);
  const facts: [string, string][] = [
    ["CPU", usage ? `CPU ${cpu(usage.cpu)}` : ""],
    ["Memory", usage ? memory(usage.memory, usage.allowed) : ""],
    ["Runs on", project.runtime.in_use ?? ""],
    ["Port", isActive(project) ? `:${project.ports.frontend}` : ""],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The way to the cause: the log where there are processes, else the failure on the project's page. */
function WayToCause({ project }: { project: ProjectView }) {
  const active = isActive(project);
  const route = { page: "project", id: project.id, tab: active ? "logs" : "overview" } as const;
  return (
    <a
      className={styles.cause}
      href={formatRoute(route)}
      aria-label={`${active ? "Open log of" : "See why"} ${project.name}`}
    >
      {active ? "Open log" : "See why"}
    </a>
  );
}

/** A folder that is being registered, or was refused. */
export function AddingRow({ adding }: { adding: Adding }) {
  const app = useApp();
  const { error } = adding;
  return (
    <li className={styles.row} data-testid="adding-row" data-state={error ? "failed" : "adding"}>
      <StateMark
        state={error ? "failed" : "waiting"}
        word={error ? "Not added" : "Adding"}
        bare
        className={styles.mark}
      />
      <div className={styles.main}>
        <div className={styles.line}>
          <span className={styles.name}>{adding.name}</span>
          <PathText path={adding.path} className={styles.path} />
        </div>
        <div className={styles.line}>
          <span className={styles.evidence} role={error ? "alert" : "status"}>
            {error ? `${error.message} ${error.action}` : "Checking the folder"}
          </span>
        </div>
      </div>
      {error ? (
        <div className={styles.actions}>
          <Button size="small" onClick={() => app.hub.dismiss(adding.key)}>
            Dismiss
          </Button>
        </div>
      ) : null}
    </li>
  );
}
