/*
 * The list of notes: however many there are, it says so, and every one can be reached; a new one is begun by a key.
 */
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { ApiError } from "../../src/api/client";
import { NOTES_PAGE } from "../../src/api/notes";
import { expectAccessible, fakeBackend, found, note, open } from "../fakeBackend";

const titles = () => screen.getAllByTestId("note-row").map((row) => row.querySelector("strong")?.textContent);

beforeEach(() => window.localStorage.clear());

function manyNotes(count: number) {
  const backend = fakeBackend();
  backend.notes.all = Array.from({ length: count }, (_, n) => note({ id: `n${n}`, title: `Note ${n}`, body: "" }));
  backend.api.notes.list.mockImplementation((q, _, offset = 0) => {
    const all = backend.notes.all.filter((one) => one.title.includes(q)).map(found);
    return Promise.resolve({ notes: all.slice(offset, offset + NOTES_PAGE), total: all.length });
  });
  return backend;
}

test("more notes than are listed at once are counted, and shown when asked for", async () => {
  const backend = manyNotes(2 * NOTES_PAGE + 50);
  const { container } = open(backend, "notes");
  const user = userEvent.setup();
  expect(await screen.findByText("200 of 450 are listed.")).toBeVisible();
  expect(titles()).toHaveLength(200);
  await expectAccessible(container);
  await user.click(screen.getByRole("button", { name: "Show more" }));
  expect(await screen.findByText("400 of 450 are listed.")).toBeVisible();
  // One that is written meanwhile moves all others; none is shown twice.
  backend.notes.all.unshift(note({ id: "new", title: "New one" }));
  await user.click(screen.getByRole("button", { name: "Show more" }));
  await waitFor(() => expect(screen.queryByText(/are listed/)).toBeNull());
  expect(new Set(titles()).size).toBe(titles().length);
  expect(titles()).toContain("Note 449");
});

test("a list that is whole says nothing of it, nor does one that is searched", async () => {
  open(manyNotes(450), "notes");
  await screen.findByText("200 of 450 are listed.");
  await userEvent.type(screen.getByTestId("note-search"), "Note 44");
  await waitFor(() => expect(titles()).toHaveLength(11));
  expect(screen.queryByText(/are listed/)).toBeNull();
  await userEvent.clear(screen.getByTestId("note-search"));
  expect(await screen.findByText("200 of 450 are listed.")).toBeVisible();
});

test("that more cannot be listed right now is said, and what is listed stays", async () => {
  const backend = manyNotes(450);
  open(backend, "notes");
  await screen.findByText("200 of 450 are listed.");
  backend.api.notes.list.mockRejectedValueOnce(new ApiError("broken", "It is broken.", 500));
  await userEvent.click(screen.getByRole("button", { name: "Show more" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("It is broken.");
  expect(titles()).toHaveLength(200);
  await userEvent.click(screen.getByRole("button", { name: "Show more" }));
  expect(await screen.findByText("400 of 450 are listed.")).toBeVisible();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a new note is begun by a key: what is typed next is its title", async () => {
  open(manyNotes(3), "notes");
  await screen.findAllByTestId("note-row");
  const user = userEvent.setup();
  await user.keyboard("nA plan");
  expect(screen.getByTestId("note-title")).toHaveValue("A plan");
  await user.click(screen.getByText("Note 1"));
  expect(await screen.findByDisplayValue("Note 1")).not.toHaveFocus();
});
