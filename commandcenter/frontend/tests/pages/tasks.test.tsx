/*
 * The task board: moved by keys and by menu, told aloud, shown at once, put back when the backend refuses.
 */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "../../src/api/client";
import { expectAccessible, fakeBackend, open, task, type FakeBackend } from "../fakeBackend";

beforeEach(() => window.localStorage.clear());

const titles = (column: string) =>
  within(screen.getByTestId(`column-${column}`))
    .queryAllByTestId("task-card")
    .map((card) => card.querySelector("[data-card]")?.textContent);

function board(): FakeBackend {
  const backend = fakeBackend();
  backend.tasks.all = [
    task({ id: "a", title: "Paint", position: 1, labels: ["home"] }),
    task({ id: "b", title: "Saw", position: 2, body: "the long board" }),
    task({ id: "c", title: "Glue", position: 1, column: "doing" }),
  ];
  return backend;
}

const said = () => screen.getByTestId("board-says").textContent;

describe("the board", () => {
  test("moves a lifted card with the arrow keys, tells where it is, and sends one move", async () => {
    const backend = board();
    const { container } = open(backend, "tasks");
    const user = userEvent.setup();
    const card = await screen.findByRole("button", { name: "Paint" });
    card.focus();
    await user.keyboard(" ");
    expect(said()).toMatch(/Paint lifted: To do, 1 of 2/);
    await user.keyboard("{ArrowDown}");
    expect(titles("todo")).toEqual(["Saw", "Paint"]);
    await user.keyboard("{ArrowRight}");
    expect(said()).toBe("Paint: Doing, 2 of 2.");
    expect(backend.api.tasks.move).not.toHaveBeenCalled();
    await user.keyboard(" ");
    expect(titles("doing")).toEqual(["Glue", "Paint"]);
    expect(said()).toBe("Paint dropped: Doing, 2 of 2.");
    expect(screen.getByRole("button", { name: "Paint" })).toHaveFocus();
    await waitFor(() =>
      expect(backend.api.tasks.move.mock.calls).toEqual([["a", 1, { column: "doing", before: null }]]),
    );
    await expectAccessible(container);
  });

  test("takes what is typed while the tasks are still on their way", async () => {
    const backend = board();
    backend.api.tasks.list.mockReturnValueOnce(new Promise(() => undefined));
    const { container } = open(backend, "tasks");
    await screen.findByTestId("new-task");
    const user = userEvent.setup();
    await user.keyboard("nPlane");
    expect(screen.getByTestId("loading")).toBeInTheDocument();
    await expectAccessible(container);
    await user.keyboard("{Enter}");
    await waitFor(() => expect(titles("todo")).toEqual(["Paint", "Saw", "Plane"]));
    expect(screen.getByTestId("task-title-new")).toHaveFocus();
  });

  test("puts a lifted card back with Escape", async () => {
    const backend = board();
    open(backend, "tasks");
    const user = userEvent.setup();
    (await screen.findByRole("button", { name: "Paint" })).focus();
    await user.keyboard(" {ArrowRight}{Escape}");
    expect(titles("todo")).toEqual(["Paint", "Saw"]);
    expect(said()).toMatch(/back where it was/);
    expect(screen.getByRole("button", { name: "Paint" })).toHaveFocus();
    expect(backend.api.tasks.move).not.toHaveBeenCalled();
  });

  test("moves the focus with the arrow keys where nothing is lifted", async () => {
    open(board(), "tasks");
    const user = userEvent.setup();
    (await screen.findByRole("button", { name: "Paint" })).focus();
    await user.keyboard("{ArrowDown}");
    expect(screen.getByRole("button", { name: "Saw" })).toHaveFocus();
    await user.keyboard("{ArrowRight}");
    expect(screen.getByRole("button", { name: "Glue" })).toHaveFocus();
  });

  test("shows a move at once, and puts it back with words when the backend refuses", async () => {
    const backend = board();
    let refuse: (error: Error) => void = () => undefined;
    backend.api.tasks.move.mockReturnValueOnce(new Promise((_, reject) => (refuse = reject)));
    open(backend, "tasks");
    const user = userEvent.setup();
    const card = (await screen.findAllByTestId("task-card"))[0] as HTMLElement;
    await user.click(within(card).getByTestId("task-menu"));
    await user.click(await screen.findByRole("menuitem", { name: "Move to done" }));
    expect(titles("done")).toEqual(["Paint"]);
    await waitFor(() => expect(backend.api.tasks.move).toHaveBeenCalled());
    refuse(new ApiError("database_away", "The database is restarting.", 503));
    expect(await screen.findByText("“Paint” was not moved to done")).toBeVisible();
    expect(titles("done")).toEqual([]);
    expect(titles("todo")).toEqual(["Paint", "Saw"]);
  });

  test("sends quick moves one after the other, each from the version before", async () => {
    const backend = board();
    open(backend, "tasks");
    const user = userEvent.setup();
    (await screen.findByRole("button", { name: "Saw" })).focus();
    await user.keyboard(" {ArrowRight} ");
    await user.keyboard(" {ArrowRight} ");
    await waitFor(() => expect(backend.tasks.find("b")).toMatchObject({ column: "done", version: 3 }));
    expect(backend.api.tasks.move.mock.calls.map(([id, version]) => [id, version])).toEqual([
      ["b", 1],
      ["b", 2],
    ]);
    expect(titles("done")).toEqual(["Saw"]);
  });

  test("takes new tasks by their titles, and filters by words and labels", async () => {
    const backend = board();
    open(backend, "tasks");
    const user = userEvent.setup();
    await screen.findByText("Paint");
    await user.keyboard("n");
    await user.type(await screen.findByTestId("task-title-new"), "Sand{Enter}Oil{Enter}{Escape}");
    await waitFor(() => expect(titles("todo")).toEqual(["Paint", "Saw", "Sand", "Oil"]));
    await user.type(screen.getByTestId("task-filter"), "long");
    expect(titles("todo")).toEqual(["Saw"]);
    expect(screen.getByText("1 of 5 tasks")).toBeVisible();
    await user.clear(screen.getByTestId("task-filter"));
    await user.click(screen.getByRole("button", { name: "home" }));
    expect(titles("todo")).toEqual(["Paint"]);
  });
});

describe("a task", () => {
  test("is edited under its own address", async () => {
    const backend = board();
    open(backend, "tasks");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Saw" }));
    expect(window.location.hash).toBe("#/tasks/b");
    await user.type(await screen.findByTestId("task-title"), " it");
    await user.type(screen.getByTestId("label-field"), "wood,");
    await user.type(screen.getByTestId("task-due"), "2026-02-03");
    await user.click(screen.getByTestId("task-save"));
    await waitFor(() =>
      expect(backend.tasks.find("b")).toMatchObject({ title: "Saw it", labels: ["wood"], due: "2026-02-03" }),
    );
    await waitFor(() => expect(window.location.hash).toBe("#/tasks"));
  });

  test("that was changed elsewhere is not overwritten unseen", async () => {
    const backend = board();
    open(backend, "tasks/b");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("task-title"), " mine");
    backend.tasks.put("b", 1, { title: "Theirs" });
    await user.click(screen.getByTestId("task-save"));
    const keep = await screen.findByRole("button", { name: "Keep mine" });
    await waitFor(() => expect(keep).toBeEnabled());
    expect(screen.getByTestId("task-title")).toHaveValue("Saw mine");
    await user.click(keep);
    await waitFor(() => expect(backend.tasks.find("b")).toMatchObject({ title: "Saw mine", version: 3 }));
  });

  test("goes only after it was named", async () => {
    const backend = board();
    open(backend, "tasks");
    const user = userEvent.setup();
    const card = (await screen.findAllByTestId("task-card"))[0] as HTMLElement;
    await user.click(within(card).getByTestId("task-menu"));
    await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
    expect(await screen.findByText("Delete “Paint”?")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Delete task" }));
    await waitFor(() => expect(titles("todo")).toEqual(["Saw"]));
    expect(backend.api.tasks.remove).toHaveBeenCalledWith("a", 1);
  });
});
