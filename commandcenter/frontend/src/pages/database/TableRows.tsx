/*
 * Rows of one table, page by page, in the order of a chosen column.
 */
import { Button } from "@cchub/kit";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { ROWS_PAGE, type PeekApi, type Table } from "../../api/peek";
import { Loading } from "../../parts/Loading";
import { Trouble } from "../../parts/Trouble";
import { Grid, type Order } from "./Grid";
import styles from "./Database.module.css";

export function TableRows({ api, table: { schema, name } }: { api: PeekApi; table: Table }) {
  const [offset, setOffset] = useState(0);
  const [order, setOrder] = useState<Order | null>(null);
  const asked = { schema, name, offset, order: order?.column ?? null, descending: order?.descending ?? false };
  const rows = useQuery({
    queryKey: ["peek", "rows", asked],
    queryFn: ({ signal }) => api.rows(asked, signal),
    placeholderData: keepPreviousData,
  });
  if (rows.isError) {
    return (
      <Trouble title={`The rows of ${name} cannot be shown`} error={rows.error} onRetry={() => void rows.refetch()} />
    );
  }
  if (!rows.data) return <Loading what={`the rows of ${name}`} lines={6} />;
  const { columns, rows: found, total_estimate: total, more } = rows.data;
  const range =
    found.length === 0
      ? "No rows"
      : `Rows ${(offset + 1).toLocaleString("en")} to ${(offset + found.length).toLocaleString("en")}${total !== null && more ? ` of about ${Math.max(total, offset + found.length).toLocaleString("en")}` : ""}`;
  return (
    <>
      <div className={styles.bar}>
        <p role="status" data-testid="row-range">
          {range}
        </p>
        <Button
          size="small"
          icon={<ChevronLeft />}
          disabled={offset === 0}
          onClick={() => setOffset(Math.max(0, offset - ROWS_PAGE))}
        >
          Back
        </Button>
        <Button
          size="small"
          icon={<ChevronRight />}
          disabled={!more}
          onClick={() => setOffset(offset + ROWS_PAGE)}
          data-testid="next-rows"
        >
          Next
        </Button>
      </div>
      <Grid
        label={`Rows of ${name}`}
        columns={columns}
        rows={found}
        first={offset + 1}
        stale={rows.isPlaceholderData}
        order={order}
        onOrder={(column) => {
          setOffset(0);
          setOrder({ column, descending: order?.column === column && !order.descending });
        }}
      />
    </>
  );
}
