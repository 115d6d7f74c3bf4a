/*
 * A statement of the user's own, run read-only by the backend; a fault is shown where it lies in the statement.
 */
import { Button, ShortcutKeys } from "@cchub/kit";
import { useMutation } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useId, useRef, useState } from "react";
import type { PeekApi } from "../../api/peek";
import { ApiError } from "../../api/transport";
import { errorPlace } from "../../models/cells";
import { count } from "../../words";
import styles from "./Database.module.css";
import { Grid } from "./Grid";

/** Kept while the page is open, also over visits to other pages. */
let lastStatement = "";

export function SqlBox({ api }: { api: Pick<PeekApi, "query"> }) {
  const id = useId();
  const [sql, setSql] = useState(lastStatement);
  const calledOff = useRef<AbortController | null>(null);
  const run = useMutation({
    mutationFn: (statement: string) => {
      calledOff.current = new AbortController();
      return api.query(statement, calledOff.current.signal);
    },
  });
  const start = () => {
    if (sql.trim() !== "" && !run.isPending) run.mutate(sql);
  };
  return (
    <>
      <form
        className={styles.sql}
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <label htmlFor={id}>SQL, read-only, at most 5 seconds</label>
        <textarea
          id={id}
          value={sql}
          rows={5}
          spellCheck={false}
          placeholder="select * from notes limit 10"
          onChange={(event) => {
            lastStatement = event.target.value;
            setSql(event.target.value);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            start();
          }}
          data-testid="sql"
        />
        <div className={styles.run}>
          <Button type="submit" variant="primary" icon={<Play />} busy={run.isPending} data-testid="run-sql">
            Run
          </Button>
          <ShortcutKeys keys="Mod+Enter" />
          {run.isPending ? (
            <Button variant="quiet" size="small" onClick={() => calledOff.current?.abort()}>
              Stop waiting
            </Button>
          ) : null}
          <p role="status" data-testid="sql-status">
            {run.data
              ? `${count(run.data.rows.length, "row")} in ${run.data.took_ms.toFixed(1)} ms${run.data.truncated ? "; there are more" : ""}`
              : ""}
          </p>
        </div>
      </form>
      {run.isError ? <Fault sql={run.variables} error={run.error} /> : null}
      {run.data ? <Grid label="Result" columns={run.data.columns} rows={run.data.rows} /> : null}
    </>
  );
}

function Fault({ sql, error }: { sql: string; error: Error }) {
  const detail = error instanceof ApiError ? (error.detail as { position?: unknown } | null) : null;
  const position = typeof detail?.position === "number" ? detail.position : null;
  const place = position === null ? null : errorPlace(sql, position);
  const words =
    error.name === "AbortError" ? "You stopped waiting; the database ends it within 5 seconds." : error.message;
  return (
    <div role="alert" className={styles.fault} data-testid="sql-fault">
      <p>{words}</p>
      {place ? (
        <pre aria-label={`Line ${place.line}, character ${Array.from(place.before).length + 1}`}>
          {`${place.line} | ${place.text}\n${" ".repeat(String(place.line).length)} | ${place.before.replace(/[^\t]/gu, " ")}^`}
        </pre>
      ) : null}
    </div>
  );
}
