/*
 * A look into the project's own database and cache. Nothing here writes to either.
 */
import type { components } from "./generated/schema";
import type { Transport } from "./transport";

type Schemas = components["schemas"];
export type PostgresFacts = Schemas["PostgresPeek"];
export type Table = Schemas["TableEntry"];
export type Rows = Schemas["TableRows"];
export type QueryResult = Schemas["QueryResult"];
/** A column of a result; of a table's own column more is known. */
export type Column = Schemas["ResultColumn"] & Partial<Schemas["TableColumn"]>;
export type Cell = Rows["rows"][number][number];
export type RedisFacts = Schemas["RedisPeek"];
export type RedisKey = Schemas["RedisKey"];
export type RedisKeys = Schemas["RedisKeys"];
export type RedisValue = Schemas["RedisValue"];
/** Addresses with their passwords. */
export type Connections = Schemas["Connections"];

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
    keys: (match: string, cursor: string, signal?: AbortSignal) =>
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
