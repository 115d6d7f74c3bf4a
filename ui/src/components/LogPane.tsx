/*
 * The live log of a project: controls here, lines in LogPainter. Controls read the session's status, which changes at
 * most once per frame.
 */
import { Button, IconButton, Tip } from "@cchub/kit";
import {
  ArrowDown,
  CaseSensitive,
  ChevronDown,
  ChevronUp,
  Clock3,
  Copy,
  Download,
  Eraser,
  ListFilter,
  Regex,
  Search,
  WrapText,
} from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import type { Service } from "../api";
import { useApp } from "../app";
import { LogPainter } from "../logs/painter";
import { LogSession } from "../logs/session";
import { count, plural } from "../models/words";
import { saveText } from "../logs/save";
import { useStore } from "../stores/store";
import styles from "./LogPane.module.css";
import "./logRows.css";

const SERVICES: readonly Service[] = ["postgres", "redis", "backend", "frontend"];

interface LogPaneProps {
  project: string;
  name: string;
  /** Shows only this service at first. */
  only?: Service | undefined;
}

export function LogPane({ project, name, only }: LogPaneProps) {
  const { host, preferences } = useApp();
  const session = useMemo(() => {
    const { logWrap, logTimestamps } = preferences.get();
    return new LogSession(host, project, { wrap: logWrap, timestamps: logTimestamps, only });
  }, [host, preferences, project, only]);
  const viewport = useRef<HTMLDivElement>(null);
  const sizer = useRef<HTMLDivElement>(null);
  const findField = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (!viewport.current || !sizer.current) return;
    const painter = new LogPainter(viewport.current, sizer.current, session);
    const close = session.open(painter);
    return () => {
      close();
      painter.dispose();
    };
  }, [session]);

  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "f") {
        event.preventDefault();
        findField.current?.focus();
        findField.current?.select();
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  return (
    <section className={styles.pane} aria-label={`Log of ${name}`} data-testid="log-pane">
      <div className={styles.bar}>
        <ServiceChips session={session} />
        <FindBar session={session} field={findField} />
        <Tools session={session} name={name} project={project} />
      </div>
      <div className={styles.stage}>
        <div
          ref={viewport}
          className={styles.viewport}
          role="log"
          aria-live="off"
          aria-label={`Lines of ${name}`}
          // A scrolling region without focusable content must itself take the focus to be scrolled by keyboard.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
        >
          <div ref={sizer} className={styles.sizer} />
        </div>
        <PaneNotes session={session} />
      </div>
    </section>
  );
}

function ServiceChips({ session }: { session: LogSession }) {
  const hidden = useStore(session.status, (status) => status.hidden);
  return (
    <div className={styles.chips} role="group" aria-label="Services shown">
      {SERVICES.map((service) => (
        <Tip key={service} text={`Click to show or hide ${service}, double-click to show it alone`}>
          <button
            type="button"
            className={styles.chip}
            data-service={service}
            aria-pressed={!hidden.has(service)}
            onClick={(event) => (event.altKey || event.shiftKey ? session.solo(service) : session.toggle(service))}
            onDoubleClick={() => session.solo(service)}
          >
            {service}
          </button>
        </Tip>
      ))}
    </div>
  );
}

interface FindBarProps {
  session: LogSession;
  field: React.RefObject<HTMLInputElement | null>;
}

function FindBar({ session, field }: FindBarProps) {
  const status = useStore(session.status);
  const { find, findError, hits, currentHit, onlyHits } = status;
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") session.step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape" && find.text !== "") {
      event.stopPropagation();
      session.find({ text: "" });
      session.setFollow(true);
    } else return;
    event.preventDefault();
  };
  return (
    <div className={styles.find} data-invalid={findError !== null || undefined}>
      <Search aria-hidden="true" />
      <input
        ref={field}
        type="text"
        aria-label="Find in log"
        placeholder="Find"
        autoComplete="off"
        spellCheck={false}
        aria-invalid={findError !== null}
        title={findError ?? undefined}
        value={find.text}
        onChange={(event) => session.find({ text: event.target.value })}
        onKeyDown={onKeyDown}
      />
      {find.text !== "" ? (
        <span className={styles.hits} role="status">
          {findError !== null
            ? "Not a valid pattern"
            : hits === 0
              ? "No lines"
              : `${count(currentHit)} of ${count(hits)}`}
        </span>
      ) : null}
      <Toggle label="Match case" pressed={find.matchCase} onChange={(matchCase) => session.find({ matchCase })}>
        <CaseSensitive />
      </Toggle>
      <Toggle label="Regular expression" pressed={find.regex} onChange={(regex) => session.find({ regex })}>
        <Regex />
      </Toggle>
      <Toggle label="Only lines that match" pressed={onlyHits} onChange={(on) => session.setOnlyHits(on)}>
        <ListFilter />
      </Toggle>
      <IconButton
        label="Previous match"
        shortcut="Shift+Enter"
        size="small"
        icon={<ChevronUp />}
        disabled={hits === 0}
        onClick={() => session.step(-1)}
      />
      <IconButton
        label="Next match"
        shortcut="Enter"
        size="small"
        icon={<ChevronDown />}
        disabled={hits === 0}
        onClick={() => session.step(1)}
      />
    </div>
  );
}

interface ToggleProps {
  label: string;
  pressed: boolean;
  onChange: (pressed: boolean) => void;
  children: React.ReactNode;
}

function Toggle({ label, pressed, onChange, children }: ToggleProps) {
  return (
    <IconButton
      label={label}
      size="small"
      icon={children}
      aria-pressed={pressed}
      className={pressed ? styles.on : undefined}
      onClick={() => onChange(!pressed)}
    />
  );
}

function Tools({ session, name, project }: { session: LogSession; name: string; project: string }) {
  const app = useApp();
  const [saving, setSaving] = useState(false);
  const wrap = useStore(session.status, (status) => status.wrap);
  const timestamps = useStore(session.status, (status) => status.timestamps);
  const download = async () => {
    setSaving(true);
    await app.attempt(() => saveText(app.host, project, name));
    setSaving(false);
  };
  const copy = () => {
    const selected = window.getSelection()?.toString() ?? "";
    return app.copy(selected || session.text(), selected ? "Selection" : "Lines in view");
  };
  return (
    <div className={styles.tools}>
      <Toggle
        label="Timestamps"
        pressed={timestamps}
        onChange={(on) => {
          session.setTimestamps(on);
          app.preferences.change({ logTimestamps: on });
        }}
      >
        <Clock3 />
      </Toggle>
      <Toggle
        label="Wrap long lines"
        pressed={wrap}
        onChange={(on) => {
          session.setWrap(on);
          app.preferences.change({ logWrap: on });
        }}
      >
        <WrapText />
      </Toggle>
      <IconButton label="Copy selection, or all lines shown" size="small" icon={<Copy />} onClick={() => void copy()} />
      <IconButton label="Download log" size="small" icon={<Download />} busy={saving} onClick={() => void download()} />
      <IconButton
        label="Clear view; nothing is deleted"
        size="small"
        icon={<Eraser />}
        onClick={() => session.clear()}
      />
    </div>
  );
}

/** What floats over the lines: why there are none, and how to get back to the newest. */
function PaneNotes({ session }: { session: LogSession }) {
  const { follow, unseen, shown, loading, cleared, find, onlyHits } = useStore(session.status);
  return (
    <>
      {shown === 0 && !loading ? (
        <p className={styles.none}>
          {cleared
            ? "View cleared. New lines appear here."
            : onlyHits && find.text !== ""
              ? `No line matches “${find.text}”.`
              : "No lines yet. They appear here as soon as a service writes any."}
        </p>
      ) : null}
      <div className={styles.floats}>
        {cleared ? (
          <Button size="small" onClick={() => session.unclear()}>
            Show cleared lines
          </Button>
        ) : null}
        {!follow ? (
          <Button size="small" icon={<ArrowDown />} onClick={() => session.setFollow(true)}>
            {unseen > 0 ? plural(unseen, "new line") : "Newest lines"}
          </Button>
        ) : null}
      </div>
    </>
  );
}
