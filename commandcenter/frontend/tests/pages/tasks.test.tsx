/*
 * The task board: moved by keys and by menu, told aloud, shown at once, put back when the backend refuses.
 */
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "../../src/api/client";
import { AT, expectAccessible, fakeBackend, hold, open, task, type FakeBackend } from "../fakeBackend";

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

/** A task in the middle of being stored with two more letters in its title. */
async function whileStoring() {
  const backend = board();
  open(backend, "tasks/b");
  const user = userEvent.setup();
  const edit = hold(backend.api.tasks.edit);
  await user.type(await screen.findByTestId("task-title"), " it");
  await user.click(screen.getByTestId("task-save"));
  return { backend, user, edit };
}

const away = () => new ApiError("UNREACHABLE", "The backend does not answer.", 0);
const drafted = () => Object.keys(window.localStorage).filter((key) => key.includes(":draft:"));

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

  test("has the title of a task that could not be added back in its field", async () => {
    const backend = board();
    open(backend, "tasks");
    const user = userEvent.setup();
    await screen.findByText("Paint");
    await user.keyboard("n");
    const [plane, oil] = [hold(backend.api.tasks.create), hold(backend.api.tasks.create)];
    await user.type(await screen.findByTestId("task-title-new"), "Plane{Enter}");
    plane.refuse(away());
    expect(await screen.findByText("“Plane” was not added")).toBeVisible();
    await waitFor(() => expect(screen.getByTestId("task-title-new")).toHaveValue("Plane"));
    await user.clear(screen.getByTestId("task-title-new"));
    await user.type(screen.getByTestId("task-title-new"), "Oil{Enter}Sand");
    oil.refuse(away());
    expect(await screen.findByText("“Oil” was not added")).toBeVisible();
    expect(screen.getByTestId("task-title-new")).toHaveValue("Sand");
  });

  test("puts a dropped card where it was let go, not where it was last over", async () => {
    const backend = board();
    open(backend, "tasks");
    const [paint] = (await screen.findAllByTestId("task-card")) as [HTMLElement];
    const dataTransfer = { setData: () => undefined };
    fireEvent.dragStart(paint, { dataTransfer });
    fireEvent.dragOver(screen.getByTestId("column-doing"), { dataTransfer, clientY: 5 });
    fireEvent.drop(screen.getByTestId("column-done"), { dataTransfer, clientY: 5 });
    await waitFor(() =>
      expect(backend.api.tasks.move.mock.calls).toEqual([["a", 1, { column: "done", before: null }]]),
    );
    expect(titles("done")).toEqual(["Paint"]);
  });

  test("leaves a card where it was put while the move is under way, whatever is read meanwhile", async () => {
    const backend = board();
    open(backend, "tasks");
    const user = userEvent.setup();
    (await screen.findByRole("button", { name: "Paint" })).focus();
    const [first, second] = [hold(backend.api.tasks.move), hold(backend.api.tasks.move)];
    await user.keyboard(" {ArrowRight} ");
    await user.keyboard(" {ArrowRight} ");
    expect(titles("done")).toEqual(["Paint"]);
    backend.tasks.all = [...backend.tasks.all, task({ id: "d", title: "Plane", position: 9 })];
    backend.send({ id: "1-0", type: "task.created", at: AT, data: {} });
    await waitFor(() => expect(titles("todo")).toEqual(["Saw", "Plane"]));
    expect(titles("done")).toEqual(["Paint"]);
    // A reading that began before the first move's answer comes after it.
    const before = backend.tasks.all;
    const reading = hold(backend.api.tasks.list, () => Promise.resolve(before));
    backend.send({ id: "2-0", type: "task.updated", at: AT, data: {} });
    await waitFor(() => expect(backend.api.tasks.list).toHaveBeenCalledTimes(3));
    first.letGo();
    await waitFor(() => expect(backend.api.tasks.move).toHaveBeenCalledTimes(2));
    reading.letGo();
    second.letGo();
    await waitFor(() => expect(backend.tasks.find("a")).toMatchObject({ column: "done", version: 3 }));
    await waitFor(() => expect(titles("done")).toEqual(["Paint"]));
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

  test("stays open with what is typed while it is being stored", async () => {
    const { backend, user, edit } = await whileStoring();
    await user.type(screen.getByTestId("task-title"), " now");
    edit.letGo();
    await waitFor(() => expect(screen.getByTestId("task-save")).not.toHaveAttribute("aria-busy"));
    expect(backend.tasks.find("b").title).toBe("Saw it");
    expect(screen.getByTestId("task-title")).toHaveValue("Saw it now");
    expect(screen.queryByTestId("conflict")).toBeNull();
    expect(drafted()).toHaveLength(1);
    await user.click(screen.getByTestId("task-save"));
    await waitFor(() => expect(window.location.hash).toBe("#/tasks"));
    expect(backend.tasks.find("b").title).toBe("Saw it now");
    expect(drafted()).toEqual([]);
  });

  test("that is closed while it is being stored tells when it was not, and has its text when it is opened", async () => {
    const { backend, user, edit } = await whileStoring();
    await user.click(screen.getByText("Close"));
    await waitFor(() => expect(screen.queryByTestId("task-title")).toBeNull());
    edit.refuse(away());
    expect(await screen.findByText("“Saw it” was not saved")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Saw" }));
    expect(await screen.findByTestId("task-title")).toHaveValue("Saw it");
    const again = hold(backend.api.tasks.edit);
    await user.click(screen.getByTestId("task-save"));
    await user.click(screen.getByText("Close"));
    again.letGo();
    await waitFor(() => expect(backend.tasks.find("b").title).toBe("Saw it"));
    await waitFor(() => expect(drafted()).toEqual([]));
  });

  test("whose text is stored but which cannot be moved was not changed elsewhere", async () => {
    const backend = board();
    open(backend, "tasks/b");
    const user = userEvent.setup();
    backend.api.tasks.move.mockRejectedValueOnce(away());
    await user.type(await screen.findByTestId("task-title"), " it");
    await user.type(screen.getByTestId("label-field"), "wood,");
    await user.selectOptions(screen.getByRole("combobox", { name: "Column" }), "done");
    await user.click(screen.getByTestId("task-save"));
    expect(await screen.findByText(/Stored, but not moved: The backend does not answer/)).toBeVisible();
    expect(screen.queryByTestId("conflict")).toBeNull();
    expect(backend.tasks.find("b")).toMatchObject({ title: "Saw it", labels: ["wood"], column: "todo" });
    await user.click(screen.getByTestId("task-save"));
    await waitFor(() => expect(backend.tasks.find("b").column).toBe("done"));
    expect(backend.api.tasks.edit).toHaveBeenCalledOnce();
  });

  test("that was only moved elsewhere meanwhile is stored without a question", async () => {
    const backend = board();
    open(backend, "tasks/b");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("task-title"), " mine");
    backend.tasks.put("b", 1, { column: "doing", position: 7 });
    await user.click(screen.getByTestId("task-save"));
    await waitFor(() =>
      expect(backend.tasks.find("b")).toMatchObject({ title: "Saw mine", column: "doing", version: 3 }),
    );
    await waitFor(() => expect(window.location.hash).toBe("#/tasks"));
  });

  test("keeps its labels and due date over a reload, too", async () => {
    const backend = board();
    const { unmount } = open(backend, "tasks/b");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("label-field"), "wood,");
    await user.type(screen.getByTestId("task-due"), "2026-02-03");
    unmount();
    open(backend, "tasks/b");
    expect(await screen.findByTestId("task-due")).toHaveValue("2026-02-03");
    await user.click(screen.getByTestId("task-save"));
    await waitFor(() => expect(backend.tasks.find("b")).toMatchObject({ labels: ["wood"], due: "2026-02-03" }));
  });

  test("that was deleted elsewhere gives its typed text back as a new task", async () => {
    const backend = board();
    open(backend, "tasks/b");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("task-title"), " it");
    backend.tasks.remove("b", 1);
    backend.send({ id: "1-0", type: "task.deleted", at: AT, data: {} });
    await user.click(await screen.findByRole("button", { name: "Make a new task of it" }));
    await waitFor(() => expect(backend.tasks.all.map((one) => one.title)).toContain("Saw it"));
    expect(backend.tasks.all.find((one) => one.title === "Saw it")?.body).toBe("the long board");
    await waitFor(() => expect(drafted()).toEqual([]));
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
