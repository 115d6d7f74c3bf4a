/*
 * A look into what the project's services hold: tables and rows of the database, keys of the cache. Reads only.
 */
import { PageFrame } from "../../parts/Page";
import type { PageProps } from "../../shell/pages";
import { hrefTo } from "../../shell/router";
import styles from "./Database.module.css";
import { Postgres } from "./Postgres";
import { Redis } from "./Redis";

const PLACES = [
  { id: "postgres", title: "PostgreSQL" },
  { id: "redis", title: "Redis" },
] as const;

export function Database({ api, route }: PageProps) {
  const place = route.id === "redis" ? "redis" : "postgres";
  return (
    <PageFrame
      title="Database"
      fill
      note={
        <nav aria-label="Services" className={styles.places}>
          {PLACES.map(({ id, title }) => (
            <a
              key={id}
              href={hrefTo("database", id)}
              aria-current={id === place ? "true" : undefined}
              data-testid={`place-${id}`}
            >
              {title}
            </a>
          ))}
        </nav>
      }
    >
      {place === "redis" ? <Redis api={api.peek} /> : <Postgres api={api.peek} table={route.params.get("table")} />}
    </PageFrame>
  );
}
