/*
 * Notes: written, searched, restored; and whatever happens, nothing that was typed is lost.
 */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "../../src/api/client";
import type { FoundNote } from "../../src/api/notes";
import { plain } from "../../src/pages/notes/NoteList";
import { expectAccessible, fakeBackend, note, open } from "../fakeBackend";

const away = () => new ApiError("UNREACHABLE", "The backend does not answer.", 0);

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
