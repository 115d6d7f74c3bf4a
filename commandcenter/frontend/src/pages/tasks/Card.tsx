/*
 * One task on the board: its title opens it and takes the keys; what else can be done is in its menu.
 */
import { IconButton, Menu, MenuItem, MenuSeparator } from "@cchub/kit";
import {
  AlignLeft,
  ArrowDown,
  ArrowLeft,
  ArrowRight,
  ArrowUp,
  CalendarDays,
  Ellipsis,
  Link2,
  Pencil,
  Trash2,
} from "lucide-react";
import type { KeyboardEvent } from "react";
import type { Task } from "../../api/tasks";
import { COLUMNS, COLUMN_WORDS, dueIn, type Column, type Direction } from "../../models/board";
import { count } from "../../words";
import styles from "./Card.module.css";

export interface CardProps {
  task: Task;
  now: number;
  lifted: boolean;
  dragged: boolean;
  /** A dragged card would land right before this one. */
  marked: boolean;
  onKey: (event: KeyboardEvent) => void;
  onDrag: (id: string) => void;
  onDragEnd: () => void;
  onOpen: () => void;
  onDelete: () => void;
  onStep: (direction: Direction) => void;
  onColumn: (column: Column) => void;
}

export function Card({ task, now, lifted, dragged, marked, ...on }: CardProps) {
  const due = task.due && task.column !== "done" ? dueIn(task.due, now) : null;
  return (
    <li
      className={styles.card}
      draggable
      data-task={task.id}
      data-testid="task-card"
      data-lifted={lifted || undefined}
      data-dragged={dragged || undefined}
      data-marked={marked || undefined}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", task.title);
        on.onDrag(task.id);
      }}
      onDragEnd={on.onDragEnd}
    >
      <div className={styles.top}>
        <button
          type="button"
          className={styles.title}
          data-card={task.id}
          aria-describedby="board-keys"
          onClick={on.onOpen}
          onKeyDown={on.onKey}
          // Space lifts the card; a button would also press itself when the key comes up.
          onKeyUp={(event) => (event.key === " " ? event.preventDefault() : undefined)}
        >
          {task.title}
        </button>
        <CardMenu task={task} {...on} />
      </div>
      {due || task.labels.length > 0 || task.links.length > 0 || task.body ? (
        <div className={styles.facts}>
          {due ? (
            <span className={styles.due} data-urgency={due.urgency}>
              <CalendarDays size={12} aria-hidden="true" />
              {due.words}
            </span>
          ) : null}
          {task.labels.map((label) => (
            <span key={label} className={styles.label}>
              {label}
            </span>
          ))}
          {task.links.length > 0 ? (
            <span className={styles.fact} title={task.links.map((link) => link.path).join("\n")}>
              <Link2 size={12} aria-hidden="true" />
              {count(task.links.length, "file")}
            </span>
          ) : null}
          {task.body ? (
            <span className={styles.fact} title="Has a text">
              <AlignLeft size={12} aria-label="Has a text" />
            </span>
          ) : null}
        </div>
      ) : null}
    </li>
  );
}

type CardMenuProps = Pick<CardProps, "task" | "onOpen" | "onDelete" | "onStep" | "onColumn">;

function CardMenu({ task, onOpen, onDelete, onStep, onColumn }: CardMenuProps) {
  const at = COLUMNS.indexOf(task.column);
  return (
    <Menu
      trigger={
        <IconButton
          label={`More for ${task.title}`}
          size="small"
          icon={<Ellipsis />}
          className={styles.more}
          data-testid="task-menu"
        />
      }
    >
      <MenuItem icon={<Pencil size={14} />} onSelect={onOpen}>
        Open
      </MenuItem>
      <MenuSeparator />
      {COLUMNS.filter((column) => column !== task.column).map((column) => (
        <MenuItem
          key={column}
          icon={COLUMNS.indexOf(column) < at ? <ArrowLeft size={14} /> : <ArrowRight size={14} />}
          onSelect={() => onColumn(column)}
        >
          Move to {COLUMN_WORDS[column].toLowerCase()}
        </MenuItem>
      ))}
      <MenuItem icon={<ArrowUp size={14} />} onSelect={() => onStep("top")}>
        Move to the top
      </MenuItem>
      <MenuItem icon={<ArrowDown size={14} />} onSelect={() => onStep("bottom")}>
        Move to the bottom
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<Trash2 size={14} />} danger onSelect={onDelete}>
        Delete…
      </MenuItem>
    </Menu>
  );
}
