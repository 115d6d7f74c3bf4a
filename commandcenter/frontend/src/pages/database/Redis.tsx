/*
 * The cache: keys by pattern beside the value of the chosen one.
 */
import { Button, TextField } from "@cchub/kit";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useDeferredValue, useState } from "react";
import type { PeekApi, RedisKey } from "../../api/peek";
import { lifetime } from "../../models/cells";
import { EmptyState } from "../../parts/EmptyState";
import { Loading } from "../../parts/Loading";
import { Trouble } from "../../parts/Trouble";
import { count, size } from "../../words";
import { Address } from "./Address";
import styles from "./Database.module.css";
import { RedisValue } from "./RedisValue";

export function Redis({ api }: { api: PeekApi }) {
  const facts = useQuery({ queryKey: ["peek", "redis"], queryFn: api.redis });
  const [pattern, setPattern] = useState("");
  const match = useDeferredValue(pattern.trim());
  const [chosen, setChosen] = useState<string | null>(null);
  if (facts.isError && !facts.data) {
    return (
      <div className={styles.trouble}>
        <Trouble title="The cache cannot be looked into" error={facts.error} onRetry={() => void facts.refetch()} />
      </div>
    );
  }
  if (!facts.data) return <Loading what="the cache" lines={6} />;
  const { version, used_memory_bytes, keys, connection } = facts.data;
  return (
    <>
      <div className={styles.facts}>
        <p>
          Redis {version} · {size(used_memory_bytes)} · {count(keys, "key")}
        </p>
        <Address api={api} which="redis_url" shown={connection.url_without_password} what="cache" />
      </div>
      <div className={styles.columns}>
        <section aria-label="Keys" className={styles.list}>
          <div className={styles.search}>
            <TextField
              label="Pattern"
              hideLabel
              type="search"
              mono
              placeholder="Pattern, e.g. session:*"
              value={pattern}
              onChange={(event) => setPattern(event.target.value)}
              data-testid="redis-pattern"
            />
          </div>
          <Keys api={api} match={match} chosen={chosen} onChoose={setChosen} />
        </section>
        <div className={styles.shown}>
          {chosen === null ? (
            <EmptyState icon={KeyRound} title="No key is chosen">
              Choose one to see its value. Nothing here can change data.
            </EmptyState>
          ) : (
            <RedisValue key={chosen} api={api} id={chosen} />
          )}
        </div>
      </div>
    </>
  );
}

interface KeysProps {
  api: PeekApi;
  match: string;
  chosen: string | null;
  onChoose: (id: string) => void;
}

const START = "0";

function Keys({ api, match, chosen, onChoose }: KeysProps) {
  const found = useInfiniteQuery({
    queryKey: ["peek", "keys", match],
    queryFn: ({ pageParam, signal }) => api.keys(match, pageParam, signal),
    initialPageParam: START,
    getNextPageParam: (page) => (page.more ? page.cursor : null),
    placeholderData: keepPreviousData,
  });
  if (found.isError) {
    return <Trouble title="The keys cannot be shown" error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading what="the keys" />;
  // A scan may give a key twice.
  const byId = new Map<string, RedisKey>(found.data.pages.flatMap((page) => page.keys.map((key) => [key.id, key])));
  const keys = [...byId.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return (
    <>
      {keys.length === 0 && !found.hasNextPage ? <EmptyState title="No key fits this pattern" /> : null}
      <ul>
        {keys.map((key) => (
          <li key={key.id}>
            <button
              type="button"
              aria-current={key.id === chosen ? "true" : undefined}
              onClick={() => onChoose(key.id)}
              title={key.key}
              data-testid="key-row"
            >
              <span className={styles.name}>{key.key}</span>
              <span>
                {key.type}
                {key.bytes === null ? "" : ` · ${size(key.bytes)}`}
                {key.ttl_seconds === null ? "" : ` · ${lifetime(key.ttl_seconds)} left`}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found.hasNextPage ? (
        <Button
          variant="quiet"
          size="small"
          busy={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
          className={styles.more}
        >
          Look further
        </Button>
      ) : null}
    </>
  );
}
