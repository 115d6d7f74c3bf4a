/*
 * What the Hub found on this machine, each check with what to do about it. Runs when opened and on demand.
 */
import { Button, Skeleton, StateMark, type StateName } from "@cchub/kit";
import { Copy, RotateCw } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import type { Check, WireError } from "../api";
import { useApp } from "../app";
import { toHubError } from "../host/error";
import styles from "./DoctorPage.module.css";

const MARK: Record<Check["verdict"], { state: StateName; word: string }> = {
  ok: { state: "healthy", word: "In order" },
  warning: { state: "degraded", word: "Works, with a limit" },
  failed: { state: "failed", word: "Needs action" },
};
const ORDER: readonly Check["verdict"][] = ["failed", "warning", "ok"];

export function DoctorPage() {
  const app = useApp();
  const [checks, setChecks] = useState<readonly Check[] | null>(null);
  const [failed, setFailed] = useState<WireError | null>(null);
  const [running, setRunning] = useState(true);

  const ask = useCallback(async () => {
    try {
      setChecks(await app.host.rpc("doctor", {}));
      setFailed(null);
    } catch (thrown) {
      setFailed(toHubError(thrown).wire);
    } finally {
      setRunning(false);
    }
  }, [app]);
  useEffect(() => void ask(), [ask]);

  const sorted = [...(checks ?? [])].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
  return (
    <main className={styles.page} aria-busy={running}>
      <div className={styles.head}>
        <h1>Doctor</h1>
        <p role="status">{checks === null ? "" : verdictWords(checks)}</p>
        <Button icon={<Copy />} disabled={checks === null} onClick={() => void app.copy(asText(sorted), "Report")}>
          Copy report
        </Button>
        <Button
          icon={<RotateCw />}
          busy={running}
          onClick={() => {
            setRunning(true);
            void ask();
          }}
        >
          Check again
        </Button>
      </div>
      {failed ? (
        <p className={styles.failed} role="alert">
          <strong>{failed.message}</strong> {failed.action}
        </p>
      ) : null}
      <ul className={styles.list} aria-label="Checks">
        {sorted.map((check) => (
          <li key={check.id} className={styles.check} data-testid="doctor-check" data-verdict={check.verdict}>
            <StateMark state={MARK[check.verdict].state} word={MARK[check.verdict].word} bare />
            <div>
              <h2>{check.title}</h2>
              <p className={styles.found}>{check.found}</p>
              {check.action ? <p className={styles.action}>{check.action}</p> : null}
            </div>
          </li>
        ))}
        {checks === null && failed === null
          ? [220, 180, 260, 200].map((width) => (
              <li key={width} className={styles.check}>
                <Skeleton width={16} height={16} />
                <Skeleton width={width} />
              </li>
            ))
          : null}
      </ul>
    </main>
  );
}

function verdictWords(checks: readonly Check[]): string {
  const failed = checks.filter((check) => check.verdict === "failed").length;
  if (failed > 0) return `${failed} of ${checks.length} checks ${failed === 1 ? "needs" : "need"} action`;
  return `${checks.length} checks, nothing needs action`;
}

function asText(checks: readonly Check[]): string {
  return checks
    .map((check) => [`[${check.verdict}] ${check.title}`, check.found, check.action].filter(Boolean).join("\n  "))
    .join("\n");
}
