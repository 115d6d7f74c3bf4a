/*
 * Three columns of cards. A card is dragged with the mouse, moved by its menu, or lifted with Space, carried with the
 * arrow keys and dropped with Space; a live region says where it is.
 */
import { useLayoutEffect, useRef, useState, type DragEvent, type KeyboardEvent } from "react";
import type { Task } from "../../api/tasks";
import {
  COLUMNS,
  COLUMN_WORDS,
  columnsOf,
  moved,
  neighbour,
  step,
  whereabouts,
  type Column,
  type Direction,
  type Target,
} from "../../models/board";
import { Loading } from "../../parts/Loading";
import { Adder } from "./Adder";
import styles from "./Board.module.css";
import { Card } from "./Card";

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Home: "top",
  End: "bottom",
};

export interface BoardProps {
  /** The tasks that fit the filter. */
  tasks: readonly Task[];
  /** The tasks are still on their way. A title can be typed already. */
  loading: boolean;
  now: number;
  /** The column whose adder is open. */
  adding: Column | null;
  setAdding: (column: Column | null) => void;
  onAdd: (title: string, column: Column) => Promise<unknown>;
  onMove: (task: Task, target: Target) => void;
  onOpen: (task: Task) => void;
  onDelete: (task: Task) => void;
}

/** A card that is being carried, or was. */
interface Lifted {
  id: string;
  /** Null until the first arrow key. */
  target: Target | null;
}

export function Board(props: BoardProps) {
  const { tasks, onMove, now } = props;
  const [lifted, setLifted] = useState<Lifted | null>(null);
  const [dragged, setDragged] = useState<string | null>(null);
  const [over, setOver] = useState<Target | null>(null);
  const [said, say] = useState("");
  const { root, focusCard } = useKeptFocus();
  // A lifted card is where it is held.
  const shown = lifted?.target ? moved(tasks, lifted.id, lifted.target) : tasks;
  const columns = columnsOf(shown);

  const putBack = (task: Task) => {
    setLifted(null);
    focusCard(task.id);
    say(`${task.title} is back where it was: ${whereabouts(tasks, task.id)}.`);
  };
  const place = (task: Task, target: Target) => {
    onMove(task, target);
    focusCard(task.id);
  };
  const drop = (task: Task) => {
    const target = lifted?.target;
    setLifted(null);
    focusCard(task.id);
    if (target) place(task, target);
    say(`${task.title} dropped: ${whereabouts(shown, task.id)}.`);
  };
  const moveTo = (task: Task, target: Target | null) => {
    if (!target) return;
    place(task, target);
    say(`${task.title} moved: ${whereabouts(moved(tasks, task.id, target), task.id)}.`);
  };
  const carry = (task: Task, direction: Direction) => {
    const target = step(shown, task.id, direction);
    if (!target) {
      say(`${task.title} cannot go further that way.`);
      return;
    }
    setLifted({ id: task.id, target });
    focusCard(task.id);
    say(`${task.title}: ${whereabouts(moved(shown, task.id, target), task.id)}.`);
  };
  const onKey = (task: Task, event: KeyboardEvent) => {
    const isLifted = lifted?.id === task.id;
    const direction = ARROWS[event.key];
    if (event.key === " ") {
      if (isLifted) drop(task);
      else {
        setLifted({ id: task.id, target: null });
        say(
          `${task.title} lifted: ${whereabouts(shown, task.id)}. Arrow keys move it, Space drops it, Escape puts it back.`,
        );
      }
    } else if (direction && isLifted) carry(task, direction);
    else if (direction) focusCard(neighbour(shown, task.id, direction) ?? task.id);
    else if (isLifted && event.key === "Enter") drop(task);
    else if (isLifted && event.key === "Escape") putBack(task);
    else {
      if (isLifted && event.key === "Tab") putBack(task);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const onDrop = (event: DragEvent<HTMLElement>, column: Column) => {
    event.preventDefault();
    const task = shown.find((one) => one.id === dragged);
    // Not where it was last drawn: the pointer may have gone on since.
    if (task) moveTo(task, targetUnder(event, column, task.id));
    setDragged(null);
    setOver(null);
  };

  return (
    <div ref={root} className={styles.board}>
      <p className={styles.unseen} role="status" aria-live="assertive" data-testid="board-says">
        {said}
      </p>
      <p className={styles.unseen} id="board-keys">
        Enter opens. Space lifts the card: arrow keys then move it, Space drops it, Escape puts it back.
      </p>
      {COLUMNS.map((column) => (
        <section
          key={column}
          aria-label={props.loading ? COLUMN_WORDS[column] : `${COLUMN_WORDS[column]}, ${columns[column].length}`}
          className={styles.column}
          data-testid={`column-${column}`}
          data-over={over?.column === column || undefined}
          onDragOver={(event) => {
            if (dragged === null) return;
            event.preventDefault();
            setOver(targetUnder(event, column, dragged));
          }}
          onDrop={(event) => onDrop(event, column)}
        >
          <h2 className={styles.heading}>
            {COLUMN_WORDS[column]} {props.loading ? null : <span>{columns[column].length}</span>}
          </h2>
          {props.loading && column === COLUMNS[0] ? <Loading what="the tasks" /> : null}
          <ul className={styles.cards}>
            {columns[column].map((task) => (
              <Card
                key={task.id}
                task={task}
                now={now}
                lifted={lifted?.id === task.id}
                dragged={dragged === task.id}
                marked={over?.column === column && over.before === task.id && dragged !== task.id}
                onKey={(event) => onKey(task, event)}
                onDrag={setDragged}
                onDragEnd={() => {
                  setDragged(null);
                  setOver(null);
                }}
                onOpen={() => props.onOpen(task)}
                onDelete={() => props.onDelete(task)}
                onStep={(direction) => moveTo(task, step(shown, task.id, direction))}
                onColumn={(to) => moveTo(task, { column: to, before: columns[to][0]?.id ?? null })}
              />
            ))}
            {over?.column === column && over.before === null ? <li className={styles.end} aria-hidden="true" /> : null}
          </ul>
          <Adder
            open={props.adding === column}
            column={column}
            onOpen={() => props.setAdding(column)}
            onClose={() => props.setAdding(null)}
            onAdd={(title) => props.onAdd(title, column)}
          />
        </section>
      ))}
    </div>
  );
}

/** A card that changes its column is another element: the focus is carried over to it. */
function useKeptFocus() {
  const root = useRef<HTMLDivElement>(null);
  const wanted = useRef<string | null>(null);
  const [, redraw] = useState(0);
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    root.current?.querySelector<HTMLElement>(`[data-card="${CSS.escape(wanted.current)}"]`)?.focus();
    wanted.current = null;
  });
  const focusCard = (id: string) => {
    wanted.current = id;
    redraw((count) => count + 1);
  };
  return { root, focusCard };
}

/** Where a card that is let go here would land: before the first card whose middle is below the pointer. */
function targetUnder(event: DragEvent<HTMLElement>, column: Column, dragged: string): Target {
  const cards = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-task]")];
  const below = cards
    .filter((card) => card.dataset.task !== dragged)
    .find((card) => {
      const { top, height } = card.getBoundingClientRect();
      return event.clientY < top + height / 2;
    });
  return { column, before: below?.dataset.task ?? null };
}
