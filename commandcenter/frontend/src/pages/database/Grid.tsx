/*
 * Rows and columns of a result. A row opens to show its values whole, one under the other.
 */
import { Dialog } from "@cchub/kit";
import { ArrowDown, ArrowUp, KeyRound } from "lucide-react";
import { useState } from "react";
import type { Cell, Column } from "../../api/peek";
import { cellText, laidOut } from "../../models/cells";
import styles from "./Grid.module.css";

export interface Order {
  column: string;
  descending: boolean;
}

export interface GridProps {
  label: string;
  columns: readonly Column[];
  rows: readonly (readonly Cell[])[];
  /** Number of the first row. */
  first?: number;
  /** The rows are those of the question before. */
  stale?: boolean;
  order?: Order | null;
  /** Without it the columns cannot be sorted by. */
  onOrder?: ((column: string) => void) | undefined;
}

export function Grid({ label, columns, rows, first = 1, stale = false, order = null, onOrder }: GridProps) {
  const [opened, setOpened] = useState<number | null>(null);
  const row = opened === null ? undefined : rows[opened];
  return (
    // A scrolled area has to be reachable by the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.box} tabIndex={0} role="region" aria-label={label} data-stale={stale || undefined}>
      <table className={styles.grid} data-testid="grid">
        <thead>
          <tr>
            <th scope="col" className={styles.number}>
              <span className="visually-hidden">Row</span>
            </th>
            {columns.map((column, at) => (
              <Head key={`${column.name}-${at}`} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, at) => (
            <tr key={at} data-testid="grid-row">
              <th scope="row" className={styles.number}>
                <button type="button" onClick={() => setOpened(at)} aria-label={`Open row ${first + at}`}>
                  {first + at}
                </button>
              </th>
              {cells.map((cell, place) => (
                <td key={place} title={cellText(cell)} data-null={cell === null || undefined}>
                  {cell === null ? "NULL" : cellText(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Dialog open={row !== undefined} onClose={() => setOpened(null)} title={`Row ${first + (opened ?? 0)}`} wide>
        <dl className={styles.whole}>
          {columns.map((column, at) => (
            <div key={`${column.name}-${at}`}>
              <dt>
                {column.name} <span>{column.type}</span>
              </dt>
              <dd>{row?.[at] === null ? <em>NULL</em> : <pre>{laidOut(cellText(row?.[at] ?? null))}</pre>}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </div>
  );
}

function Head({ column, order, onOrder }: { column: Column } & Pick<GridProps, "order" | "onOrder">) {
  const sorted = order?.column === column.name ? (order.descending ? "descending" : "ascending") : undefined;
  const content = (
    <>
      {column.primary_key ? <KeyRound size={12} aria-label="Primary key" /> : null}
      {column.name}
      <span className={styles.type}>{column.type}</span>
      {sorted === "ascending" ? <ArrowUp size={12} aria-hidden="true" /> : null}
      {sorted === "descending" ? <ArrowDown size={12} aria-hidden="true" /> : null}
    </>
  );
  return (
    <th scope="col" aria-sort={sorted}>
      {onOrder ? (
        <button type="button" onClick={() => onOrder(column.name)} title={`Sort by ${column.name}`}>
          {content}
        </button>
      ) : (
        <span>{content}</span>
      )}
    </th>
  );
}
