/*
 * The four services of a project: state with its proof, port, what each uses against its limit. While the project
 * starts, the proof's place is taken by a bar on a common time scale.
 */
import { IconButton, StateMark, Tip } from "@cchub/kit";
import { RotateCw, ScrollText } from "lucide-react";
import type { Enforcement, ProjectView, ServiceView } from "../api";
import { useApp } from "../app";
import { serviceEvidence, serviceMark } from "../models/state";
import { startTimeline, type Bar } from "../models/timeline";
import { count, cpu, measured, memory, plural } from "../models/words";
import { useStore } from "../stores/store";
import { EvidenceText } from "./EvidenceText";
import { useFrameTime } from "./frameTime";
import styles from "./ServiceTable.module.css";

export function ServiceTable({ project }: { project: ProjectView }) {
  const starting = project.state.state === "starting";
  const now = useFrameTime(starting);
  const timeline = startTimeline(project, now);
  return (
    <ul className={styles.table} aria-label="Services">
      {project.services.map((service, index) => (
        <ServiceRow key={service.service} project={project} service={service} bar={timeline?.bars[index]} />
      ))}
    </ul>
  );
}

interface ServiceRowProps {
  project: ProjectView;
  service: ServiceView;
  bar: Bar | undefined;
}

function ServiceRow({ project, service, bar }: ServiceRowProps) {
  const mark = serviceMark(service);
  return (
    <li className={styles.row} data-testid="service-row" data-service={service.service} data-state={mark}>
      <div className={styles.who}>
        <span className={styles.name}>{service.service}</span>
        <span className={styles.small}>{identity(service)}</span>
        <Account service={service} />
      </div>
      <StateMark state={mark} />
      <div className={styles.evidence}>
        {bar ? <StartBar bar={bar} waiting={serviceEvidence(service).words} /> : <Proof service={service} />}
      </div>
      <Address project={project} service={service} />
      <Use service={service} />
      <ServiceActions project={project} service={service} />
    </li>
  );
}

function identity(service: ServiceView): string {
  const parts = [service.program, service.pid === null ? null : `pid ${service.pid}`];
  if (service.user) parts.push(`as ${service.user}`);
  return parts.filter(Boolean).join(" · ");
}

/** Nothing, unless nobody has seen that the service runs without the rights of root. */
function Account({ service }: { service: ServiceView }) {
  const because = reason(service.non_root);
  if (because === null) return null;
  return <Doubt word="account unconfirmed" tip={`Not seen to run without the rights of root, because ${because}`} />;
}

function Proof({ service }: { service: ServiceView }) {
  return (
    <>
      <div className={styles.proof}>
        <EvidenceText evidence={serviceEvidence(service)} />
      </div>
      {service.restarts > 0 ? (
        <div className={styles.small}>
          {service.last_error ? `${service.last_error.message} ` : ""}
          Started again {plural(service.restarts, "time")}.
        </div>
      ) : null}
    </>
  );
}

function StartBar({ bar, waiting }: { bar: Bar; waiting: string }) {
  if (bar.took === null) return <div className={styles.small}>{waiting}</div>;
  return (
    <div className={styles.track}>
      <div className={styles.lane}>
        <div
          className={bar.done ? styles.barDone : styles.bar}
          style={{ left: `${bar.from * 100}%`, width: `${Math.max(0.004, bar.to - bar.from) * 100}%` }}
        />
      </div>
      <span className={styles.took}>{measured(bar.took)}</span>
    </div>
  );
}

function Address({ project, service }: { project: ProjectView; service: ServiceView }) {
  const app = useApp();
  const url =
    service.service === "frontend"
      ? project.urls.frontend
      : service.service === "backend"
        ? project.urls.backend
        : null;
  const text = `:${service.port}`;
  if (url !== null && service.state.state === "running") {
    return (
      <Tip text={`Open ${url}`}>
        <button type="button" className={styles.address} onClick={() => void app.openUrl(url)}>
          {text}
        </button>
      </Tip>
    );
  }
  return (
    <Tip text="Copy address">
      <button
        type="button"
        className={styles.address}
        onClick={() => void app.copy(`127.0.0.1:${service.port}`, "Address")}
      >
        {text}
      </button>
    </Tip>
  );
}

function Use({ service }: { service: ServiceView }) {
  const { usage, limits, enforcement } = service;
  const loose = reason(enforcement);
  return (
    <div className={styles.use}>
      <span className={styles.cpu}>{usage ? `CPU ${cpu(usage.cpu_percent)}` : ""}</span>
      <div className={styles.memory}>
        {usage ? (
          <span>{memory(usage.memory_mb, limits.memory_mb)}</span>
        ) : (
          <span className={styles.faint}>up to {count(limits.memory_mb)} MB</span>
        )}
        {loose !== null ? <Doubt word="not enforced" tip={`Limits are not enforced here, because ${loose}`} /> : null}
        {usage && loose === null ? <Meter part={Math.min(1, usage.memory_mb / limits.memory_mb)} /> : null}
      </div>
    </div>
  );
}

function Meter({ part }: { part: number }) {
  return (
    <span className={styles.meter} aria-hidden="true">
      <span style={{ width: `${part * 100}%` }} data-high={part > 0.9 || undefined} />
    </span>
  );
}

/** Why something is not enforced; null where it is, or nothing runs. */
function reason(enforcement: Enforcement | null): string | null {
  return enforcement !== null && "not_enforced" in enforcement ? enforcement.not_enforced.because : null;
}

/** A promise that is not kept here; the reason is reachable by pointer and keyboard. */
function Doubt({ word, tip }: { word: string; tip: string }) {
  return (
    <Tip text={tip}>
      <button type="button" className={styles.loose}>
        {word}
      </button>
    </Tip>
  );
}

function ServiceActions({ project, service }: { project: ProjectView; service: ServiceView }) {
  const app = useApp();
  const busy = useStore(app.hub, (state) => state.busy.has(`${project.id}/${service.service}`));
  const running = project.state.state === "running" || project.state.state === "gave_up";
  return (
    <div className={styles.actions}>
      <IconButton
        label={`Log of ${service.service}`}
        size="small"
        icon={<ScrollText />}
        onClick={() => app.openLog(project.id, service.service)}
      />
      <IconButton
        label={`Restart ${service.service}`}
        size="small"
        icon={<RotateCw />}
        data-testid="restart-service"
        disabled={!running}
        busy={busy}
        onClick={() => void app.hub.restart(project.id, service.service)}
      />
    </div>
  );
}
