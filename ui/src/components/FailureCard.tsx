/*
 * A failure in full: what happened, what to do, the ways out as buttons, the cause, the last lines of the log.
 */
import { Button, Card, StateMark } from "@cchub/kit";
import { Copy, Play, RotateCw, ScrollText, Settings, Stethoscope, Trash2 } from "lucide-react";
import type { ProjectView, WireError } from "../api";
import { useApp } from "../app";
import { remedies, type Remedy } from "../models/failure";
import { useStore } from "../stores/store";
import styles from "./FailureCard.module.css";

interface FailureCardProps {
  project: ProjectView;
  error: WireError;
}

export function FailureCard({ project, error }: FailureCardProps) {
  const app = useApp();
  const gaveUp = project.state.state === "gave_up";
  return (
    <Card tone="danger" data-testid="failure-card" data-code={error.code} role="alert">
      <div className={styles.body}>
        <div className={styles.words}>
          <StateMark state={gaveUp ? "gave_up" : "failed"} />
          <p className={styles.what}>{error.message}</p>
          {error.action ? <p className={styles.action}>{error.action}</p> : null}
        </div>
        <div className={styles.buttons}>
          {remedies(error).map((remedy, index) => (
            <RemedyButton key={remedy.kind} remedy={remedy} project={project} error={error} first={index === 0} />
          ))}
          <Button variant="quiet" icon={<Copy />} onClick={() => void app.copy(asText(error), "Details")}>
            Copy details
          </Button>
        </div>
        {error.cause ? (
          <div>
            <h2>Cause</h2>
            <p className={styles.cause}>{error.cause}</p>
          </div>
        ) : null}
        {error.log_tail.length > 0 ? (
          <div>
            <h2>{error.service ? `Last lines of ${error.service}` : "Last lines"}</h2>
            {/* Long lines are scrolled to by keyboard, so the block takes the focus. */}
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <pre className={styles.tail} tabIndex={0} aria-label="Last lines">
              {error.log_tail.join("\n")}
            </pre>
          </div>
        ) : null}
      </div>
    </Card>
  );
}

interface RemedyButtonProps {
  remedy: Remedy;
  project: ProjectView;
  error: WireError;
  first: boolean;
}

function RemedyButton({ remedy, project, error, first }: RemedyButtonProps) {
  const app = useApp();
  const busy = useStore(app.hub, (state) => state.busy.has(project.id));
  const variant = first ? "primary" : "secondary";
  const settings = () => app.route.go({ page: "project", id: project.id, tab: "settings" });
  switch (remedy.kind) {
    case "use_port":
      return (
        <Button
          variant={variant}
          icon={<Play />}
          busy={busy}
          data-testid="use-port"
          onClick={() => void app.hub.usePort(project.id, remedy.offer.service, remedy.offer.free)}
        >
          Use {remedy.offer.free} and start
        </Button>
      );
    case "retry":
      return (
        <Button
          variant={variant}
          icon={<RotateCw />}
          busy={busy}
          data-testid="retry"
          onClick={() =>
            void (project.state.state === "gave_up" ? app.hub.restart(project.id) : app.hub.start(project.id))
          }
        >
          Try again
        </Button>
      );
    case "settings":
      return (
        <Button variant={variant} icon={<Settings />} onClick={settings}>
          {remedy.label}
        </Button>
      );
    case "doctor":
      return (
        <Button variant={variant} icon={<Stethoscope />} onClick={() => app.route.go({ page: "doctor" })}>
          Open Doctor
        </Button>
      );
    case "open_log":
      return (
        <Button
          variant={variant}
          icon={<ScrollText />}
          onClick={() => app.openLog(project.id, error.service ?? undefined)}
        >
          Open log
        </Button>
      );
    case "remove":
      return (
        <Button variant={variant} icon={<Trash2 />} onClick={settings}>
          Remove project…
        </Button>
      );
  }
}

function asText(error: WireError): string {
  const parts = [`${error.code}: ${error.message}`, error.action, error.cause ?? "", ...error.log_tail];
  return parts.filter(Boolean).join("\n");
}
