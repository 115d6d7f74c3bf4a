/*
 * The value of one key, laid out by its type.
 */
import { Button } from "@cchub/kit";
import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import type { PeekApi } from "../../api/peek";
import { asText, laidOut, lifetime, valueRows } from "../../models/cells";
import { Loading } from "../../parts/Loading";
import { Trouble } from "../../parts/Trouble";
import styles from "./Database.module.css";
import grid from "./Grid.module.css";

/** Heading of the first column, by type; the place of a member otherwise. */
const NAMES: Readonly<Record<string, string>> = { hash: "Field", zset: "Member", stream: "Entry" };
const VALUES: Readonly<Record<string, string>> = { zset: "Score" };

export function RedisValue({ api, id }: { api: PeekApi; id: string }) {
  const found = useQuery({ queryKey: ["peek", "value", id], queryFn: ({ signal }) => api.value(id, signal) });
  if (found.isError) {
    return <Trouble title="The value cannot be shown" error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading what="the value" />;
  const { key, type, ttl_seconds, value, truncated } = found.data;
  const rows = valueRows(value);
  return (
    <>
      <div className={styles.bar}>
        <p>
          <code>{key}</code> {type}, kept {ttl_seconds === null ? "for ever" : `for ${lifetime(ttl_seconds)}`}
          {truncated ? "; only its beginning is shown" : ""}
        </p>
        <Button size="small" icon={<RefreshCw />} busy={found.isFetching} onClick={() => void found.refetch()}>
          Look again
        </Button>
      </div>
      {rows === null ? (
        // A scrolled area has to be reachable by the keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre className={styles.text} tabIndex={0} data-testid="redis-value">
          {laidOut(asText(value))}
        </pre>
      ) : (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={grid.box} tabIndex={0} role="region" aria-label={`Value of ${key}`}>
          <table className={grid.grid} data-testid="redis-value">
            <thead>
              <tr>
                <th scope="col">
                  <span>{NAMES[type] ?? "Place"}</span>
                </th>
                <th scope="col">
                  <span>{VALUES[type] ?? "Value"}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                <tr key={at}>
                  <td>{row.name}</td>
                  <td title={row.value}>{row.value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
