/*
 * Notes: written, searched, restored; and whatever happens, nothing that was typed is lost.
 */
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../../src/api/client";
import type { FoundNote } from "../../src/api/notes";
import { plain } from "../../src/pages/notes/NoteList";
import { expectAccessible, fakeBackend, hold, note, open } from "../fakeBackend";

const away = () => new ApiError("UNREACHABLE", "The backend does not answer.", 0);

const drafted = () => Object.keys(window.localStorage).filter((key) => key.includes(":draft:"));

function visit(place: string): void {
  act(() => {
    window.location.hash = place;
  });
}

beforeEach(() => window.localStorage.clear());

describe("notes", () => {
  test("are written with the keyboard alone, and open under their own address", async () => {
    const backend = fakeBackend();
    const { container } = open(backend, "notes");
    const user = userEvent.setup();
    await screen.findByText("No notes yet");
    await user.keyboard("n");
    await user.type(await screen.findByTestId("note-title"), "A plan");
    await user.type(screen.getByTestId("note-body"), "**bold**{enter}");
    await user.click(screen.getByTestId("show-preview"));
    expect(screen.getByTestId("preview").innerHTML).toContain("<strong>bold</strong>");
    await user.keyboard("{Control>}s{/Control}");
    expect(await screen.findByTestId("note-row")).toHaveTextContent("A plan");
    expect(backend.api.notes.create).toHaveBeenCalledWith({
      title: "A plan",
      body: "**bold**\n",
      pinned: false,
      links: [],
    });
    expect(window.location.hash).toBe("#/notes/n1");
    await expectAccessible(container);
  });

  test("keep what was typed while the backend is away, over a reload", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    const { unmount } = open(backend, "notes/n1");
    const user = userEvent.setup();
    backend.api.notes.edit.mockRejectedValueOnce(away());
    await user.type(await screen.findByTestId("note-body"), " and more");
    await user.click(screen.getByTestId("note-save"));
    expect(await screen.findByTestId("not-saved")).toHaveTextContent("Your text is kept in this browser");
    unmount();
    open(backend, "notes/n1");
    expect(await screen.findByTestId("note-body")).toHaveValue("Text and more");
    expect(screen.getByTestId("draft-notice")).toHaveTextContent("back in the fields");
    await user.click(screen.getByTestId("note-save"));
    await waitFor(() => expect(backend.notes.find("n1").body).toBe("Text and more"));
    expect(await screen.findByText(/^Saved/)).toBeVisible();
    expect(Object.keys(window.localStorage).filter((key) => key.includes(":draft:"))).toEqual([]);
  });

  test("that are new go on under the cursor when they are stored, with what was typed meanwhile", async () => {
    const backend = fakeBackend();
    open(backend, "notes/new");
    const user = userEvent.setup();
    const create = hold(backend.api.notes.create);
    await user.type(await screen.findByTestId("note-title"), "A plan");
    await user.type(screen.getByTestId("note-body"), "one");
    await user.keyboard("{Control>}s{/Control}");
    await user.keyboard(" two");
    const field = screen.getByTestId<HTMLTextAreaElement>("note-body");
    field.setSelectionRange(4, 4);
    create.letGo();
    await waitFor(() => expect(window.location.hash).toBe("#/notes/n1"));
    expect(backend.notes.find("n1").body).toBe("one");
    expect(screen.getByTestId("note-body")).toBe(field);
    expect(field).toHaveValue("one two");
    expect(field).toHaveFocus();
    expect(field.selectionStart).toBe(4);
    expect(screen.queryByTestId("conflict")).toBeNull();
    await user.keyboard("and ");
    await user.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(backend.notes.find("n1").body).toBe("one and two"));
    await waitFor(() => expect(drafted()).toEqual([]));
    // The next new one begins empty.
    await user.click(screen.getByTestId("new-note"));
    await waitFor(() => expect(screen.getByTestId("note-title")).toHaveValue(""));
  });

  test("that are new do not pull back who went elsewhere meanwhile", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note({ id: "n0", title: "Zero" })];
    open(backend, "notes/new");
    const user = userEvent.setup();
    const create = hold(backend.api.notes.create);
    await user.type(await screen.findByTestId("note-title"), "A plan");
    await user.click(screen.getByTestId("note-save"));
    visit("/notes/n0");
    await waitFor(() => expect(screen.getByTestId("note-title")).toHaveValue("Zero"));
    create.letGo();
    await waitFor(() => expect(screen.getAllByTestId("note-row")).toHaveLength(2));
    expect(window.location.hash).toBe("#/notes/n0");
    expect(drafted()).toEqual([]);
  });

  test("tell a save that failed after the user went elsewhere", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    open(backend, "notes/n1");
    const user = userEvent.setup();
    const edit = hold(backend.api.notes.edit);
    await user.type(await screen.findByTestId("note-title"), " plan");
    await user.click(screen.getByTestId("note-save"));
    visit("/tasks");
    await screen.findByTestId("new-task");
    edit.refuse(away());
    expect(await screen.findByText("“First plan” was not saved")).toBeVisible();
    visit("/notes/n1");
    expect(await screen.findByTestId("note-title")).toHaveValue("First plan");
  });

  test("are stored once more when that was asked while they were being stored", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    open(backend, "notes/n1");
    const user = userEvent.setup();
    const edit = hold(backend.api.notes.edit);
    await user.type(await screen.findByTestId("note-body"), " one");
    await user.keyboard("{Control>}s{/Control}");
    await user.keyboard(" two");
    await user.keyboard("{Control>}s{/Control}");
    edit.letGo();
    await waitFor(() => expect(backend.notes.find("n1")).toMatchObject({ body: "Text one two", version: 3 }));
    expect(await screen.findByText(/^Saved/)).toBeVisible();
    expect(drafted()).toEqual([]);
  });

  test("have what was taken back while they were being stored as a change", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    open(backend, "notes/n1");
    const user = userEvent.setup();
    const edit = hold(backend.api.notes.edit);
    await user.type(await screen.findByTestId("note-body"), "s");
    await user.keyboard("{Control>}s{/Control}");
    await user.keyboard("{Backspace}");
    edit.letGo();
    await waitFor(() => expect(screen.getByTestId("note-state")).toHaveTextContent("Not saved yet"));
    expect(backend.notes.find("n1").body).toBe("Texts");
    expect(screen.getByTestId("note-body")).toHaveValue("Text");
    await user.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(backend.notes.find("n1").body).toBe("Text"));
    await waitFor(() => expect(drafted()).toEqual([]));
  });

  test("keep their pin and links over a reload, too", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    const { unmount } = open(backend, "notes/n1");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Pin to the top" }));
    expect(screen.getByTestId("note-state")).toHaveTextContent("Not saved yet; kept in this browser");
    unmount();
    open(backend, "notes/n1");
    expect(await screen.findByRole("button", { name: "Unpin" })).toHaveAttribute("aria-pressed", "true");
    await user.click(screen.getByTestId("note-save"));
    await waitFor(() => expect(backend.notes.find("n1").pinned).toBe(true));
  });

  test("do not claim to be kept where the browser keeps nothing", async () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const backend = fakeBackend();
    backend.notes.all = [note()];
    open(backend, "notes/n1");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Pin to the top" }));
    expect(screen.getByTestId("note-state")).toHaveTextContent(/^Not saved yet$/);
    const closing = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(closing);
    expect(closing.defaultPrevented).toBe(true);
    // Elsewhere in the page it is kept all the same.
    visit("/tasks");
    await screen.findByTestId("new-task");
    visit("/notes/n1");
    expect(await screen.findByRole("button", { name: "Unpin" })).toBeVisible();
  });

  test("ask before an earlier version takes the place of what was typed", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note({ body: "Two", version: 2 })];
    backend.versions.push(note(), note({ body: "Two", version: 2 }));
    open(backend, "notes/n1");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("note-body"), " and a half");
    await user.click(screen.getByTestId("note-history"));
    await user.click((await screen.findAllByTestId("version"))[1] as HTMLElement);
    await user.click(screen.getByTestId("restore"));
    const ask = await screen.findByRole("alertdialog");
    expect(screen.getByTestId("note-body")).toHaveValue("Two and a half");
    expect(backend.api.notes.restore).not.toHaveBeenCalled();
    await user.click(within(ask).getByRole("button", { name: "Replace it" }));
    await waitFor(() => expect(screen.getByTestId("note-body")).toHaveValue("Text"));
    expect(drafted()).toEqual([]);
  });

  test("that were deleted elsewhere give their typed text back as a new note", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    const { unmount } = open(backend, "notes/n1");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("note-body"), " and more");
    backend.notes.remove("n1", 1);
    await user.click(screen.getByTestId("note-save"));
    expect(await screen.findByRole("button", { name: "Make a new note of it" })).toBeVisible();
    unmount();
    open(backend, "notes/n1");
    await user.click(await screen.findByRole("button", { name: "Make a new note of it" }));
    await waitFor(() => expect(backend.notes.all.map((one) => one.body)).toEqual(["Text and more"]));
    await waitFor(() => expect(drafted()).toEqual([]));
  });

  test("that changed elsewhere in something else are stored without a question", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    open(backend, "notes/n1");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("note-title"), " of mine");
    backend.notes.put("n1", 1, { pinned: true });
    await user.click(screen.getByTestId("note-save"));
    await waitFor(() =>
      expect(backend.notes.find("n1")).toMatchObject({ title: "First of mine", pinned: true, version: 3 }),
    );
    expect(screen.queryByTestId("conflict")).toBeNull();
  });

  test("that changed elsewhere meanwhile are never overwritten unseen", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    open(backend, "notes/n1");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("note-title"), " of mine");
    backend.notes.put("n1", 1, { title: "Theirs" });
    await user.click(screen.getByTestId("note-save"));
    const keep = await screen.findByRole("button", { name: "Keep mine" });
    expect(screen.getByTestId("note-title")).toHaveValue("First of mine");
    expect(backend.notes.find("n1").title).toBe("Theirs");
    await waitFor(() => expect(keep).toBeEnabled());
    await user.click(keep);
    await waitFor(() => expect(backend.notes.find("n1")).toMatchObject({ title: "First of mine", version: 3 }));
    await waitFor(() => expect(screen.queryByTestId("conflict")).toBeNull());
  });

  test("take the other text where that is wished", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    open(backend, "notes/n1");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("note-title"), " of mine");
    backend.notes.put("n1", 1, { title: "Theirs" });
    await user.click(screen.getByTestId("note-save"));
    const take = await screen.findByRole("button", { name: "Take theirs" });
    await waitFor(() => expect(take).toBeEnabled());
    await user.click(take);
    expect(screen.getByTestId("note-title")).toHaveValue("Theirs");
    expect(screen.queryByTestId("conflict")).toBeNull();
  });

  test("go back to an earlier version", async () => {
    const backend = fakeBackend();
    open(backend, "notes/new");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("note-title"), "One");
    await user.click(screen.getByTestId("note-save"));
    await user.type(await screen.findByTestId("note-history").then(() => screen.getByTestId("note-title")), " two");
    await user.click(screen.getByTestId("note-save"));
    await waitFor(() => expect(backend.notes.find("n1").version).toBe(2));
    await user.click(screen.getByTestId("note-history"));
    const versions = await screen.findAllByTestId("version");
    expect(versions).toHaveLength(2);
    await user.click(versions[1] as HTMLElement);
    await user.click(screen.getByTestId("restore"));
    await waitFor(() => expect(screen.getByTestId("note-title")).toHaveValue("One"));
    expect(backend.notes.find("n1")).toMatchObject({ title: "One", version: 3 });
  });

  test("are pinned and linked to a line of a file", async () => {
    const backend = fakeBackend();
    backend.notes.all = [note()];
    open(backend, "notes/n1");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Pin to the top" }));
    await user.type(screen.getByTestId("link-picker"), "app:12");
    expect(await screen.findByRole("option")).toHaveTextContent("src/app.ts:12");
    await user.keyboard("{Enter}");
    await user.click(screen.getByTestId("note-save"));
    await waitFor(() => expect(backend.notes.find("n1").pinned).toBe(true));
    expect(backend.notes.find("n1").links).toEqual([{ id: "c3Jj", path: "src/app.ts", line: 12 }]);
    const linked = screen.getByRole("list", { name: "Linked files" });
    expect(within(linked).getByTestId("file-link")).toHaveAttribute("href", "#/files/c3Jj?line=12");
  });

  test("show where a search has hit", async () => {
    const backend = fakeBackend();
    const hit: FoundNote = { ...note(), headline: { text: "some Text here", ranges: [[5, 9]] } };
    backend.api.notes.list.mockResolvedValue({ notes: [hit], total: 1 });
    open(backend, "notes");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("note-search"), "Text");
    await waitFor(() => expect(backend.api.notes.list).toHaveBeenLastCalledWith("Text", expect.anything(), 0));
    expect((await screen.findByTestId("note-row")).querySelector("mark")).toHaveTextContent("Text");
  });

  test("come in from a Markdown file", async () => {
    const backend = fakeBackend();
    open(backend, "notes");
    const user = userEvent.setup();
    // The document of these tests cannot read files.
    const file = Object.assign(new File(["# A note"], "notes.md", { type: "text/markdown" }), {
      text: () => Promise.resolve("# A note"),
    });
    await user.upload(await screen.findByTestId("import-file"), file);
    expect(await screen.findByText("2 notes and 1 task imported")).toBeVisible();
    expect(backend.api.notes.imported).toHaveBeenCalledWith("# A note");
  });
});

test("an excerpt is text without marks", () => {
  expect(plain("# Title\n\n- **one** [two](http://x) `three`\n> four")).toBe("Title one two three four");
});
