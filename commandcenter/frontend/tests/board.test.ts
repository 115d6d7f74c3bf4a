/*
 * The board as a value: wherever a card is taken, the others keep their order, and no key leads off the board.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COLUMNS, columnsOf, dueIn, fits, moved, neighbour, step, whereabouts, type Placed } from "../src/models/board";

const card = (id: string, column: Placed["column"], position: number): Placed => ({ id, title: id, column, position });

const BOARD = [card("a", "todo", 1), card("b", "todo", 2), card("c", "todo", 3), card("d", "doing", 1)];

function words(tasks: readonly Placed[]): string {
  const columns = columnsOf(tasks);
  return COLUMNS.map((column) => columns[column].map((task) => task.id).join("")).join("|");
}

const boards = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 }).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc.record({
        id: fc.constant(`t${id}`),
        title: fc.constant("x"),
        column: fc.constantFrom(...COLUMNS),
        position: fc.integer({ min: -9, max: 9 }),
      }),
    ),
  ),
);
const directions = fc.constantFrom("up", "down", "left", "right", "top", "bottom" as const);

describe("moving", () => {
  test("follows the arrows one step at a time", () => {
    const go = (id: string, direction: Parameters<typeof step>[2]) => {
      const target = step(BOARD, id, direction);
      return target && words(moved(BOARD, id, target));
    };
    expect(go("a", "down")).toBe("bac|d|");
    expect(go("b", "down")).toBe("acb|d|");
    expect(go("c", "up")).toBe("acb|d|");
    expect(go("a", "bottom")).toBe("bca|d|");
    expect(go("c", "top")).toBe("cab|d|");
    expect(go("a", "right")).toBe("bc|ad|");
    expect(go("b", "right")).toBe("ac|db|");
    expect(go("d", "right")).toBe("abc||d");
    expect(go("a", "up")).toBeNull();
    expect(go("a", "left")).toBeNull();
    expect(go("c", "down")).toBeNull();
  });

  test("changes no other card and loses none, however often", () => {
    fc.assert(
      fc.property(boards, fc.array(fc.tuple(fc.nat(), directions), { maxLength: 20 }), (tasks: Placed[], moves) => {
        let board = tasks;
        for (const [which, direction] of moves) {
          const id = board[which % board.length]?.id ?? "";
          const target = step(board, id, direction);
          if (target === null) continue;
          const next = moved(board, id, target);
          const others = (list: readonly Placed[]) => words(list.filter((task) => task.id !== id));
          expect(others(next)).toBe(others(board));
          expect(next.find((task) => task.id === id)?.column).toBe(target.column);
          const column = columnsOf(next)[target.column];
          const at = column.findIndex((task) => task.id === id);
          if (distinct(board, target.column)) expect(column[at + 1]?.id ?? null).toBe(target.before);
          board = next;
        }
        expect(board.map((task) => task.id).sort()).toEqual(tasks.map((task) => task.id).sort());
      }),
    );
  });

  test("the focus finds a card in every direction that has one", () => {
    expect(neighbour(BOARD, "b", "up")).toBe("a");
    expect(neighbour(BOARD, "c", "right")).toBe("d");
    expect(neighbour(BOARD, "d", "left")).toBe("a");
    expect(neighbour(BOARD, "d", "right")).toBeNull();
    expect(neighbour([card("a", "todo", 1), card("z", "done", 1)], "a", "right")).toBe("z");
  });

  test("is said with the column and the place", () => {
    expect(whereabouts(BOARD, "b")).toBe("To do, 2 of 3");
    expect(whereabouts(BOARD, "gone")).toBe("not on the board");
  });
});

/** Places that are all different: between two equal ones nothing fits, and the ids decide. */
function distinct(tasks: readonly Placed[], column: string): boolean {
  const places = tasks.filter((task) => task.column === column).map((task) => task.position);
  return new Set(places).size === places.length;
}

describe("the filter", () => {
  const task = { title: "Fix the login", body: "See src/auth.ts", labels: ["bug"] };
  test("wants every word, wherever it stands", () => {
    expect(fits(task, "", null)).toBe(true);
    expect(fits(task, "LOGIN auth", null)).toBe(true);
    expect(fits(task, "login logout", null)).toBe(false);
    expect(fits(task, "bug", "bug")).toBe(true);
    expect(fits(task, "", "idea")).toBe(false);
  });
});

describe("due dates", () => {
  const now = new Date(2026, 4, 15, 23, 30).getTime();
  test.each([
    ["2026-05-13", "2 days late", "late"],
    ["2026-05-14", "due yesterday", "late"],
    ["2026-05-15", "due today", "today"],
    ["2026-05-16", "due tomorrow", "later"],
    ["2026-05-20", "due in 5 days", "later"],
    ["2026-07-01", "due Jul 1", "later"],
    ["2027-01-02", "due Jan 2, 2027", "later"],
  ])("%s is %s", (due, said, urgency) => {
    expect(dueIn(due, now)).toEqual({ words: said, urgency });
  });
});
