/*
 * The database: its tables beside the rows of the chosen one, or a statement of the user's own.
 */
import { useQuery } from "@tanstack/react-query";
import { Terminal, Table2 } from "lucide-react";
import type { PeekApi, PostgresFacts, Table } from "../../api/peek";
import { EmptyState } from "../../parts/EmptyState";
import { Loading } from "../../parts/Loading";
import { Trouble } from "../../parts/Trouble";
import { hrefTo } from "../../shell/router";
import { count, size } from "../../words";
import { Address } from "./Address";
import styles from "./Database.module.css";
import { SqlBox } from "./SqlBox";
import { TableRows } from "./TableRows";

/** Stands for the box for statements, among the names of tables. */
const SQL = "sql";

/** Name of a table in the address. */
const nameOf = (table: Pick<Table, "schema" | "name">) => `${table.schema}.${table.name}`;

export function Postgres({ api, table }: { api: PeekApi; table: string | null }) {
  const facts = useQuery({ queryKey: ["peek", "postgres"], queryFn: api.postgres });
  if (facts.isError && !facts.data) {
    return (
      <div className={styles.trouble}>
        <Trouble title="The database cannot be looked into" error={facts.error} onRetry={() => void facts.refetch()} />
      </div>
    );
  }
  if (!facts.data) return <Loading what="the database" lines={6} />;
  const { version, size_bytes, tables, connection } = facts.data;
  const chosen = tables.find((one) => nameOf(one) === table);
  return (
    <>
      <div className={styles.facts}>
        <p>
          PostgreSQL {version} · {size(size_bytes)} · {count(tables.length, "table")}
        </p>
        <Address api={api} which="postgres_url" shown={connection.url_without_password} what="database" />
      </div>
      <div className={styles.columns}>
        <TableList facts={facts.data} chosen={table} />
        <div className={styles.shown}>
          {table === SQL ? <SqlBox api={api} /> : null}
          {chosen ? <TableRows key={table} api={api} table={chosen} /> : null}
          {table !== SQL && !chosen ? (
            table === null ? (
              <EmptyState icon={Table2} title="No table is chosen">
                Choose one to see its rows, or ask with a statement of your own. Nothing here can change data.
              </EmptyState>
            ) : (
              <EmptyState icon={Table2} title={`There is no table ${table}`} />
            )
          ) : null}
        </div>
      </div>
    </>
  );
}

function TableList({ facts, chosen }: { facts: PostgresFacts; chosen: string | null }) {
  return (
    <nav aria-label="Tables" className={styles.list}>
      <a
        href={hrefTo("database", "postgres", { table: SQL })}
        aria-current={chosen === SQL ? "true" : undefined}
        data-testid="open-sql"
      >
        <span className={styles.name}>
          <Terminal size={14} aria-hidden="true" /> Statement
        </span>
        <span>read-only</span>
      </a>
      {facts.tables.map((table) => (
        <a
          key={nameOf(table)}
          href={hrefTo("database", "postgres", { table: nameOf(table) })}
          aria-current={nameOf(table) === chosen ? "true" : undefined}
          title={`${nameOf(table)}, ${table.kind}`}
          data-testid="table-row"
        >
          <span className={styles.name}>{table.schema === "public" ? table.name : nameOf(table)}</span>
          <span>
            {table.rows_estimate === null ? "" : `≈ ${count(table.rows_estimate, "row")} · `}
            {size(table.bytes)}
          </span>
        </a>
      ))}
    </nav>
  );
}
