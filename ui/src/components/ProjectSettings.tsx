/*
 * The settings of one project. Nothing is sent before "Save"; what the Hub refuses is said beside the button. Removing
 * asks once and names what goes and what stays.
 */
import { Button, Card, Choice, ConfirmDialog, Switch, TextField, toast } from "@cchub/kit";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import type { ProjectView, RuntimeChoice, Service, WireError } from "../api";
import { useApp } from "../app";
import { toHubError } from "../host/error";
import { changeOf, checkDraft, draftOf, type Draft, type DraftErrors } from "../models/draft";
import { isActive } from "../models/state";
import styles from "./ProjectSettings.module.css";

const SERVICES: readonly Service[] = ["postgres", "redis", "backend", "frontend"];
/** The runtimes in the words of the UI. */
export const RUNTIMES: readonly { value: RuntimeChoice; label: string }[] = [
  { value: "auto", label: "Automatic" },
  { value: "native", label: "This machine" },
  { value: "dagger", label: "Dagger" },
];

export function ProjectSettings({ project }: { project: ProjectView }) {
  const [draft, setDraft] = useState(() => draftOf(project));
  const edit = (change: Partial<Draft>) => setDraft((now) => ({ ...now, ...change }));
  const errors = checkDraft(draft);
  return (
    <div className={styles.page}>
      <Card title="General">
        <div className={styles.stack}>
          <TextField
            label="Name"
            value={draft.name}
            error={errors.name}
            onChange={(event) => edit({ name: event.target.value })}
          />
          <Choice
            label="Runs on"
            value={draft.runtime}
            options={RUNTIMES}
            help={project.runtime.why || "Automatic takes Dagger where an engine answers, else this machine."}
            onChange={(runtime) => edit({ runtime })}
          />
          {draft.runtime === "native" ? null : (
            <TextField
              label="Dagger engine"
              mono
              placeholder="found by the Hub"
              value={draft.engine}
              error={errors.engine}
              onChange={(event) => edit({ engine: event.target.value })}
            />
          )}
          <Switch
            label="Read-only folder"
            help="The stack can read the project folder but never change it."
            checked={draft.readOnly}
            onChange={(readOnly) => edit({ readOnly })}
          />
          <Switch
            label="Start with the Hub"
            help="The project comes up whenever the Hub does."
            checked={draft.autostart}
            onChange={(autostart) => edit({ autostart })}
          />
          <Switch
            label="Own tray icon"
            help="Shows the project's health beside the Hub's in the tray."
            checked={draft.pinned}
            onChange={(pinned) => edit({ pinned })}
          />
        </div>
      </Card>
      <ServiceGrid draft={draft} errors={errors} edit={edit} />
      {draft.runtime === "native" ? null : <Images draft={draft} edit={edit} />}
      <SaveBar project={project} draft={draft} errors={errors} reset={setDraft} />
      <DangerZone project={project} />
    </div>
  );
}

interface ServiceGridProps {
  draft: Draft;
  errors: DraftErrors;
  edit: (change: Partial<Draft>) => void;
}

function ServiceGrid({ draft, errors, edit }: ServiceGridProps) {
  return (
    <Card title="Ports and limits">
      <p className={styles.note}>All ports are on 127.0.0.1 and stay with the project until you change them here.</p>
      <div className={styles.grid}>
        <div className={styles.service} aria-hidden="true">
          <span />
          <span>Port</span>
          <span>CPU limit</span>
          <span>Memory limit</span>
        </div>
        {SERVICES.map((service) => (
          <ServiceFields key={service} service={service} draft={draft} errors={errors} edit={edit} />
        ))}
      </div>
    </Card>
  );
}

const FIELDS = [
  { part: "ports", label: "Port", inputMode: "numeric" },
  { part: "cpu", label: "CPU limit", unit: "cores", inputMode: "decimal" },
  { part: "memory", label: "Memory limit", unit: "MB", inputMode: "numeric" },
] as const;

function ServiceFields({ service, draft, errors, edit }: ServiceGridProps & { service: Service }) {
  return (
    <div className={styles.service} role="group" aria-label={service}>
      <span className={styles.serviceName}>{service}</span>
      {FIELDS.map(({ part, label, ...look }) => (
        <TextField
          key={part}
          {...look}
          label={`${label} of ${service}`}
          hideLabel
          mono
          value={draft[part][service]}
          error={errors[`${part}.${service}`]}
          onChange={(event) => edit({ [part]: { ...draft[part], [service]: event.target.value } })}
        />
      ))}
    </div>
  );
}

function Images({ draft, edit }: Omit<ServiceGridProps, "errors">) {
  return (
    <Card title="Container images">
      <p className={styles.note}>Used on a Dagger engine. Empty returns to the image of the stack.</p>
      <div className={styles.stack}>
        {SERVICES.map((service) => (
          <TextField
            key={service}
            label={`Image of ${service}`}
            mono
            value={draft.images[service]}
            onChange={(event) => edit({ images: { ...draft.images, [service]: event.target.value } })}
          />
        ))}
      </div>
    </Card>
  );
}

interface SaveBarProps {
  project: ProjectView;
  draft: Draft;
  errors: DraftErrors;
  reset: (draft: Draft) => void;
}

function SaveBar({ project, draft, errors, reset }: SaveBarProps) {
  const app = useApp();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<WireError | null>(null);
  const change = changeOf(project, draft);
  const save = async () => {
    if (!change) return;
    setBusy(true);
    try {
      reset(draftOf(await app.host.rpc("set", change)));
      setRefused(null);
      toast({
        title: "Saved",
        ...(isActive(project) ? { description: "What concerns running services applies from their next start." } : {}),
      });
    } catch (thrown) {
      setRefused(toHubError(thrown).wire);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={styles.save}>
      {refused ? (
        <p className={styles.refused} role="alert">
          <strong>{refused.message}</strong> {refused.action}
        </p>
      ) : null}
      <Button
        disabled={change === null}
        onClick={() => {
          reset(draftOf(project));
          setRefused(null);
        }}
      >
        Discard
      </Button>
      <Button
        variant="primary"
        busy={busy}
        disabled={change === null || Object.keys(errors).length > 0}
        data-testid="save-settings"
        onClick={() => void save()}
      >
        Save
      </Button>
    </div>
  );
}

function DangerZone({ project }: { project: ProjectView }) {
  const app = useApp();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    const done = await app.hub.remove(project.id);
    setBusy(false);
    setAsking(false);
    if (!done) return;
    app.route.go({ page: "projects" });
    toast({ title: `${project.name} removed`, description: `Its folder is untouched: ${project.path}` });
  };
  return (
    <Card title="Remove project" tone="danger">
      <div className={styles.danger}>
        <p>
          The Hub forgets the project and deletes its database, its logs and its settings. The folder stays as it is.
        </p>
        <Button icon={<Trash2 />} data-testid="remove" onClick={() => setAsking(true)}>
          Remove…
        </Button>
      </div>
      <ConfirmDialog
        open={asking}
        title={`Remove ${project.name}?`}
        confirmLabel={isActive(project) ? "Stop and remove" : "Remove"}
        danger
        busy={busy}
        onCancel={() => setAsking(false)}
        onConfirm={() => void remove()}
      >
        <p>
          <strong>Goes:</strong> its PostgreSQL database, its Redis data, its logs, its ports and settings. This cannot
          be undone.
        </p>
        <p>
          <strong>Stays:</strong> the folder <code className={styles.path}>{project.path}</code>, byte for byte.
        </p>
      </ConfirmDialog>
    </Card>
  );
}
