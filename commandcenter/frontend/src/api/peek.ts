/*
 * A look into the project's own database and cache. Nothing here writes to either.
 */
import type { Transport } from "./transport";

export interface Connection {
  host: string;
  port: number;
  database: string | number | null;
  user: string | null;
  url_without_password: string;
}

export interface Table {
  schema: string;
  name: string;
  kind: string;
  rows_estimate: number | null;
  bytes: number;
}

export interface PostgresFacts {
  version: string;
  size_bytes: number;
  tables: Table[];
  connection: Connection;
}

export interface Column {
  name: string;
  type: string;
  nullable?: boolean;
  primary_key?: boolean;
}

export type Cell = string | number | boolean | null;

export interface Rows {
  columns: Column[];
  rows: Cell[][];
  total_estimate: number | null;
  more: boolean;
}

export interface QueryResult {
  columns: Column[];
  rows: Cell[][];
  truncated: boolean;
  took_ms: number;
}

export interface RedisFacts {
  version: string;
  used_memory_bytes: number;
  keys: number;
  connection: Connection;
}

export interface RedisKey {
  key: string;
  id: string;
  type: string;
  ttl_seconds: number | null;
  bytes: number | null;
}

export interface RedisKeys {
  keys: RedisKey[];
  cursor: string | number;
  more: boolean;
}

export interface RedisValue {
  key: string;
  id: string;
  type: string;
  ttl_seconds: number | null;
  value: unknown;
  truncated: boolean;
}

/** Addresses with their passwords. */
export interface Connections {
  postgres_url: string;
  redis_url: string;
}

export interface RowsQuery {
  schema: string;
  name: string;
  offset: number;
  order: string | null;
  descending: boolean;
}

/** So many rows are asked for at once. */
export const ROWS_PAGE = 100;
const KEYS_PAGE = 200;

export function peekApi(transport: Transport) {
  return {
    postgres: () => transport.json<PostgresFacts>("GET", "/api/peek/postgres"),
    rows: (query: RowsQuery, signal?: AbortSignal) =>
      transport.json<Rows>("GET", "/api/peek/postgres/table", { query: { ...query, limit: ROWS_PAGE }, signal }),
    query: (sql: string, signal?: AbortSignal) =>
      transport.json<QueryResult>("POST", "/api/peek/postgres/query", { body: { sql }, signal }),
    redis: () => transport.json<RedisFacts>("GET", "/api/peek/redis"),
    keys: (match: string, cursor: string | number, signal?: AbortSignal) =>
      transport.json<RedisKeys>("GET", "/api/peek/redis/keys", {
        query: { match: match || "*", cursor, count: KEYS_PAGE },
        signal,
      }),
    value: (id: string, signal?: AbortSignal) =>
      transport.json<RedisValue>("GET", "/api/peek/redis/key", { query: { id }, signal }),
    /** Only on the user's own word: the answer holds passwords. */
    connections: () => transport.json<Connections>("GET", "/api/peek/connections"),
  };
}

export type PeekApi = ReturnType<typeof peekApi>;
