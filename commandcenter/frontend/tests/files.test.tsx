/*
 * Files: the tree is used by keys, a file is read at its line, and what is typed is never lost and never overwrites what
 * somebody else wrote unseen.
 */
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StateEffect } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../src/api/client";
import { fileId, parentPath } from "../src/api/ids";
import { drafts } from "../src/drafts";
import { coloursOf } from "../src/pages/files/editor/colours";
import { formatLines, parseLines } from "../src/pages/files/editor/lines";
import { placeHref, placeOf } from "../src/pages/files/place";
import { moveOf, rowsOf, typedTo, type Branch } from "../src/pages/files/tree/rows";
import { diffCounts, diffRows } from "../src/pages/files/viewer/diffRows";
import { colouredPieces } from "../src/pages/files/viewer/useColours";
import { viewsOf } from "../src/pages/files/viewer/Viewer";
import { parseRoute } from "../src/shell/router";
import { hold } from "./fakeBackend";
import { ToldEvents, content, entry, expectAccessible, fakeApi, listing, memoryFiles, show } from "./fakeApi";

afterEach(() => {
  for (const id of drafts.ids()) drafts.remove(id);
});

const SRC = entry("src", { kind: "dir" });
const TREE = new Map<string, Branch>([
  ["", { listing: listing("", [SRC, entry("app.ts"), entry("README.md")]), error: null }],
  [SRC.id, { listing: listing("src", [entry("src/a.ts"), entry("src/b.ts")]), error: null }],
]);

describe("the colours of a diff", () => {
  test("leave the text as it is, whatever they are", () => {
    const colour = fc.record({ from: fc.nat(30), to: fc.nat(30), classes: fc.constantFrom("tok-a", "tok-b") });
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.array(colour, { maxLength: 6 }), (text, colours) => {
        const inside = colours
          .map(({ from, to, classes }) => ({
            from: Math.min(from, to, text.length),
            to: Math.min(Math.max(from, to), text.length),
            classes,
          }))
          .sort((a, b) => a.from - b.from);
        const pieces = colouredPieces(text, inside);
        expect(pieces.map((piece) => piece.text).join("")).toBe(text);
      }),
    );
  });

  test("are those of the file's language, also in what goes over several lines", async () => {
    const [lines = []] = (await coloursOf("a.ts", [["const a = 1; /* one", "two */ let b;"]])) ?? [];
    const classes = lines.map((line) => line.map(({ from, to, classes: names }) => [from, to, names]));
    expect(classes[0]).toContainEqual([0, 5, "tok-keyword"]);
    expect(classes[0]).toContainEqual([13, 19, "tok-comment"]);
    expect(classes[1]).toContainEqual([0, 6, "tok-comment"]);
    expect(classes[1]).toContainEqual([7, 10, "tok-keyword"]);
    expect(await coloursOf("a.unknown-language", [["x"]])).toBeNull();
  });
});

describe("a note or task about a place", () => {
  test("points at the file and the line, and is opened", async () => {
    const files = memoryFiles({ [PATH]: "one\ntwo\n" });
    const create = vi.fn((task: Record<string, unknown>) => Promise.resolve({ ...task, id: "t1" }));
    const api = fakeApi({ files, tasks: { create, list: () => Promise.resolve([]) } });
    show(api, `${HREF}?line=2`);
    await editor();
    await userEvent.click(screen.getByTestId("about-place"));
    await userEvent.type(await screen.findByTestId("about-title"), "Look here{Enter}");
    await waitFor(() => expect(window.location.hash).toBe("#/tasks/t1"));
    const links = [{ id: fileId(PATH), path: PATH, line: 2 }];
    expect(create.mock.calls[0]?.[0]).toEqual({ title: "Look here", column: "todo", links });
  });
});

describe("the tree", () => {
  test("lists what is unfolded, with the place of each among its siblings", () => {
    const rows = rowsOf(TREE, new Set([SRC.id]));
    expect(
      rows.map((row) => (row.kind === "entry" ? [row.entry.name, row.level, row.place, row.siblings] : row.text)),
    ).toEqual([
      ["src", 1, 1, 3],
      ["a.ts", 2, 1, 2],
      ["b.ts", 2, 2, 2],
      ["app.ts", 1, 2, 3],
      ["README.md", 1, 3, 3],
    ]);
  });

  test("says what is on its way, empty, cut off or refused", () => {
    const text = (branch: Branch | undefined) =>
      rowsOf(branch ? new Map([["", branch]]) : new Map(), new Set()).map((row) => row.kind === "note" && row.text);
    expect(text(undefined)).toEqual(["Loading"]);
    expect(text({ listing: listing("", []), error: null })).toEqual(["Empty"]);
    expect(text({ listing: undefined, error: new Error("No permission.") })).toEqual(["No permission."]);
    const cut = { listing: { ...listing("", [entry("a")]), truncated: true }, error: null };
    expect(text(cut)[1]).toBe("Only the first 1 are listed");
  });

  test("is walked through as trees are", () => {
    const rows = rowsOf(TREE, new Set([SRC.id]));
    const a = fileId("src/a.ts");
    const readme = fileId("README.md");
    expect(moveOf(rows, SRC.id, "ArrowDown")).toEqual({ kind: "focus", key: a });
    expect(moveOf(rows, SRC.id, "ArrowRight")).toEqual({ kind: "focus", key: a });
    expect(moveOf(rows, SRC.id, "ArrowLeft")).toEqual({ kind: "collapse", id: SRC.id });
    expect(moveOf(rows, a, "ArrowLeft")).toEqual({ kind: "focus", key: SRC.id });
    expect(moveOf(rows, a, "End")).toEqual({ kind: "focus", key: readme });
    expect(moveOf(rows, readme, "ArrowDown")).toBeNull();
    expect(moveOf(rows, readme, "Home")).toEqual({ kind: "focus", key: SRC.id });
    expect(moveOf(rows, a, "Enter")).toMatchObject({ kind: "open", entry: { path: "src/a.ts" } });
    expect(moveOf(rowsOf(TREE, new Set()), SRC.id, "ArrowRight")).toEqual({ kind: "expand", id: SRC.id });
    expect(typedTo(rows, SRC.id, "r")).toBe(readme);
    expect(typedTo(rows, SRC.id, "ap")).toBe(fileId("app.ts"));
    expect(typedTo(rows, SRC.id, "zzz")).toBeNull();
  });

  test("follows links inside of the folder only", () => {
    const inside = entry("in", { kind: "link", target: "src", target_kind: "dir" });
    const outside = entry("out", { kind: "link", target: "/etc", target_kind: "dir", outside: true });
    const rows = rowsOf(new Map([["", { listing: listing("", [inside, outside]), error: null }]]), new Set());
    expect(rows.map((row) => row.kind === "entry" && row.expanded)).toEqual([false, null]);
  });
});

describe("addresses of files", () => {
  test("name lines, views and revisions, and come back", () => {
    const href = placeHref("abc", { view: "text", lines: "3-7", rev: "f00", was: "old" });
    expect(placeOf(parseRoute(href))).toEqual({
      id: "abc",
      view: "text",
      lines: "3-7",
      rev: "f00",
      was: "old",
      commit: null,
    });
    expect(placeOf(parseRoute("#/files"))).toBeNull();
  });

  test("name lines in either order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 1, max: 99_999 }), (a, b) => {
        const range = { from: Math.min(a, b), to: Math.max(a, b) };
        expect(parseLines(`${a}-${b}`)).toEqual(range);
        expect(parseLines(formatLines(range))).toEqual(range);
      }),
    );
    for (const wrong of [null, "", "x", "1-", "-2", "1-2-3", "1e9"]) expect(parseLines(wrong)).toBeNull();
  });

  test("know the folder a file lies in", () => {
    expect(parentPath(fileId("a/b/c.md"))).toBe("a/b");
    expect(parentPath(fileId("c.md"))).toBe("");
  });
});

describe("what is shown of a file", () => {
  test("depends on its kind", () => {
    expect(viewsOf(content("a.md", "x", { language: "Markdown" }))).toEqual(["preview", "text", "history"]);
    expect(viewsOf(content("a.png", null, { kind: "image" }))).toEqual(["preview", "history"]);
    expect(viewsOf(content("a.svg", "<svg/>", { kind: "image" }))).toEqual(["preview", "text", "history"]);
    expect(viewsOf(content("a.bin", null, { kind: "binary" }))).toEqual(["text", "history"]);
  });

  test("of a difference is every line, with its counts", () => {
    const hunks = [
      {
        old_start: 1,
        old_lines: 2,
        new_start: 1,
        new_lines: 2,
        header: "fn a()",
        lines: [
          { kind: " " as const, old: 1, new: 1, text: "same", no_newline: false },
          { kind: "-" as const, old: 2, new: null, text: "old", no_newline: false },
          { kind: "+" as const, old: null, new: 2, text: "new", no_newline: false },
        ],
      },
    ];
    expect(diffRows({ hunks }).map((row) => (row.kind === "hunk" ? row.text : row.line.text))).toEqual([
      "Lines 1–2 · fn a()",
      "same",
      "old",
      "new",
    ]);
    expect(diffCounts({ hunks })).toEqual({ added: 1, removed: 1 });
  });

  test("where nothing is left, a hunk names the lines that were there", () => {
    const gone = { kind: "-" as const, old: 1, new: null, text: "old", no_newline: false };
    const hunk = { old_start: 1, old_lines: 12, new_start: 0, new_lines: 0, header: "", lines: [gone] };
    expect(diffRows({ hunks: [hunk] })[0]).toMatchObject({ text: "Lines 1–12" });
  });
});

/** A file in the middle of being saved with a second line. */
async function whileSaving() {
  const files = memoryFiles({ [PATH]: "one\n" });
  const saving = hold(files.save);
  show(fakeApi({ files }), HREF);
  const view = await editor();
  type(view, "two\n");
  await screen.findByTestId("unsaved");
  await userEvent.keyboard("{Control>}s{/Control}");
  await waitFor(() => expect(files.save).toHaveBeenCalledOnce());
  return { files, view, saving };
}

async function editor(): Promise<EditorView> {
  const text = await screen.findByTestId("code");
  const view = EditorView.findFromDOM(text);
  if (!view) throw new Error("there is no editor");
  return view;
}

function type(view: EditorView, text: string): void {
  act(() => view.dispatch({ changes: { from: view.state.doc.length, insert: text } }));
}

function visit(place: string): void {
  act(() => {
    window.location.hash = place;
  });
}

const PATH = "src/a.ts";
const HREF = `/files/${fileId(PATH)}`;

describe("the files page", () => {
  test("opens folders and files by keys", async () => {
    const files = memoryFiles({ "src/a.ts": "const a = 1;\n", "README.md": "# Hello" });
    const { container } = show(fakeApi({ files }), "/files");
    const tree = await screen.findByRole("tree", { name: "Files" });
    const src = await within(tree).findByRole("treeitem", { name: "src" });
    expect(src).toHaveAttribute("aria-expanded", "false");
    await expectAccessible(container);
    const user = userEvent.setup();
    act(() => tree.focus());
    await user.keyboard("{ArrowRight}");
    await within(tree).findByRole("treeitem", { name: "a.ts" });
    await user.keyboard("a");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(window.location.hash).toBe(`#${HREF}`));
    expect((await editor()).state.doc.toString()).toBe("const a = 1;\n");
    expect(within(tree).getByRole("treeitem", { name: "a.ts" })).toHaveAttribute("aria-selected", "true");
    await expectAccessible(container);
  });

  test("is no tree while nothing is known of the folder, nor in an empty one", async () => {
    const { container } = show(fakeApi({ files: memoryFiles({}) }), "/files");
    expect(screen.getByTestId("file-tree")).toHaveAttribute("role", "group");
    await expectAccessible(container);
    await within(screen.getByTestId("file-tree")).findByText("Empty");
    expect(screen.queryByRole("tree")).toBeNull();
    await expectAccessible(container);
  });

  test("unfolds the way to a file that is opened by its address, and marks its lines", async () => {
    show(fakeApi({ files: memoryFiles({ [PATH]: "1\n2\n3\n4\n5" }) }), `${HREF}?line=2-3`);
    await screen.findByRole("treeitem", { name: "a.ts" });
    const view = await editor();
    const marked = [...view.dom.querySelectorAll("[data-marked]")].map((line) => line.textContent);
    expect(marked).toEqual(["2", "3"]);
  });

  test("shows Markdown as text first, sanitised, and its source when asked", async () => {
    const files = memoryFiles({ "docs/a.md": "# Title\n\n[b](b.md)<script>alert(1)</script>" });
    files.write("docs/a.md", "# Title\n\n[b](b.md)<script>alert(1)</script>").language = "Markdown";
    const { container } = show(fakeApi({ files }), `/files/${fileId("docs/a.md")}`);
    const preview = await screen.findByTestId("preview");
    expect(within(preview).getByRole("heading", { name: "Title" })).toBeVisible();
    expect(within(preview).getByRole("link", { name: "b" })).toHaveAttribute("href", `#/files/${fileId("docs/b.md")}`);
    expect(container.querySelector("main script")).toBeNull();
    await userEvent.click(screen.getByTestId("view-text"));
    expect((await editor()).state.doc.line(1).text).toBe("# Title");
  });

  test("saves what was typed with Ctrl+S, and says while it is not saved", async () => {
    const files = memoryFiles({ [PATH]: "one\n" });
    show(fakeApi({ files }), HREF);
    type(await editor(), "two\n");
    expect(await screen.findByTestId("unsaved")).toBeVisible();
    await userEvent.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(screen.queryByTestId("unsaved")).toBeNull());
    expect(files.text(PATH)).toBe("one\ntwo\n");
  });

  test("keeps what was typed while the user looks elsewhere, and warns before the page is closed", async () => {
    const files = memoryFiles({ [PATH]: "one\n", "src/b.ts": "b" });
    show(fakeApi({ files }), HREF);
    type(await editor(), "two\n");
    await screen.findByTestId("unsaved");
    visit(`/files/${fileId("src/b.ts")}`);
    await waitFor(async () => expect((await editor()).state.doc.toString()).toBe("b"));
    const closing = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(closing);
    expect(closing.defaultPrevented).toBe(true);
    visit(HREF);
    await waitFor(async () => expect((await editor()).state.doc.toString()).toBe("one\ntwo\n"));
    await userEvent.click(await screen.findByTestId("discard"));
    await waitFor(async () => expect((await editor()).state.doc.toString()).toBe("one\n"));
  });

  test("follows a file that changes on the disk while nothing was typed", async () => {
    const files = memoryFiles({ [PATH]: "one\ntwo\n" });
    const live = new ToldEvents();
    show(fakeApi({ files }), HREF, live);
    const view = await editor();
    files.write(PATH, "zero\none\ntwo\n");
    act(() => live.tell("files.changed"));
    await waitFor(() => expect(view.state.doc.toString()).toBe("zero\none\ntwo\n"));
    expect(screen.queryByTestId("unsaved")).toBeNull();
  });

  test("never overwrites what changed meanwhile without the user's word", async () => {
    const files = memoryFiles({ [PATH]: "one\n" });
    const live = new ToldEvents();
    show(fakeApi({ files }), HREF, live);
    type(await editor(), "mine\n");
    files.write(PATH, "theirs\n");
    act(() => live.tell("files.changed"));
    expect(await screen.findByTestId("file-changed")).toHaveTextContent("changed on disk meanwhile");
    await userEvent.keyboard("{Control>}s{/Control}");
    const comparison = await screen.findByTestId("comparison");
    await waitFor(() => expect(comparison).toHaveTextContent("theirs"));
    expect(comparison).toHaveTextContent("mine");
    expect(files.text(PATH)).toBe("theirs\n");
    await userEvent.click(screen.getByTestId("overwrite"));
    await waitFor(() => expect(files.text(PATH)).toBe("one\nmine\n"));
    await waitFor(() => expect(screen.queryByTestId("unsaved")).toBeNull());
  });

  test("takes theirs, or merges both, when the user says so", async () => {
    const files = memoryFiles({ [PATH]: "one\n" });
    show(fakeApi({ files }), HREF);
    const view = await editor();
    const conflict = async (theirs: string) => {
      type(view, "mine\n");
      files.write(PATH, theirs);
      await userEvent.keyboard("{Control>}s{/Control}");
      await screen.findByTestId("comparison");
    };
    await conflict("theirs\none\n");
    await userEvent.click(await screen.findByTestId("take-theirs"));
    await waitFor(() => expect(view.state.doc.toString()).toBe("theirs\none\n"));
    await conflict("theirs again\none\n");
    await userEvent.click(await screen.findByTestId("merge"));
    expect(await screen.findByTestId("merging")).toBeVisible();
    // Nothing is chosen yet: what mine would overwrite is said first.
    await userEvent.click(screen.getByTestId("save"));
    const ask = await screen.findByRole("alertdialog");
    expect(ask).toHaveTextContent(/Save with \d+ differences? not chosen/);
    expect(files.text(PATH)).toBe("theirs again\none\n");
    await userEvent.click(within(ask).getByRole("button", { name: "Save with mine" }));
    await waitFor(() => expect(files.text(PATH)).toBe("theirs\none\nmine\n"));
  });

  test("asks nothing once every difference of a merge is chosen", async () => {
    const files = memoryFiles({ [PATH]: "one\n" });
    show(fakeApi({ files }), HREF);
    const view = await editor();
    type(view, "mine\n");
    files.write(PATH, "theirs\none\n");
    await userEvent.keyboard("{Control>}s{/Control}");
    await userEvent.click(await screen.findByTestId("merge"));
    expect(await screen.findByTestId("merging")).toHaveTextContent(/differences? left to choose/);
    while (screen.queryAllByText("Take theirs").length > 0) {
      const [button] = screen.getAllByText("Take theirs");
      if (button) await userEvent.click(button);
    }
    await waitFor(() => expect(screen.queryByText(/left to choose/)).toBeNull());
    expect(view.state.doc.toString()).toBe("theirs\none\n");
  });

  test("saves once more when that was asked while it was saving", async () => {
    const { files, view, saving } = await whileSaving();
    type(view, "three\n");
    await userEvent.keyboard("{Control>}s{/Control}");
    saving.letGo();
    await waitFor(() => expect(files.text(PATH)).toBe("one\ntwo\nthree\n"));
    await waitFor(() => expect(screen.queryByTestId("unsaved")).toBeNull());
    expect(view.state.doc.toString()).toBe("one\ntwo\nthree\n");
  });

  test("has what was taken back while it was saving as a change", async () => {
    const { files, view, saving } = await whileSaving();
    act(() => view.dispatch({ changes: { from: 4, to: 8 } }));
    saving.letGo();
    expect(await screen.findByText("Saved")).toBeVisible();
    expect(files.text(PATH)).toBe("one\ntwo\n");
    expect(view.state.doc.toString()).toBe("one\n");
    await userEvent.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(files.text(PATH)).toBe("one\n"));
    await waitFor(() => expect(screen.queryByTestId("unsaved")).toBeNull());
  });

  test("is not put back by a reading that began before it was saved", async () => {
    const files = memoryFiles({ [PATH]: "one\n" });
    const live = new ToldEvents();
    show(fakeApi({ files }), HREF, live);
    const view = await editor();
    const texts: string[] = [];
    const note = EditorView.updateListener.of((update) => void texts.push(update.state.doc.toString()));
    act(() => view.dispatch({ effects: StateEffect.appendConfig.of(note) }));
    const old = await files.read(fileId(PATH));
    const reading = hold(files.read, () => Promise.resolve(old));
    const asked = files.read.mock.calls.length;
    act(() => live.tell("files.changed"));
    await waitFor(() => expect(files.read.mock.calls.length).toBe(asked + 1));
    type(view, "two\n");
    await screen.findByTestId("unsaved");
    await userEvent.keyboard("{Control>}s{/Control}");
    await waitFor(() => expect(screen.queryByTestId("unsaved")).toBeNull());
    texts.length = 0;
    reading.letGo();
    // Whatever came of that answer is drawn before what is asked afterwards.
    files.write(PATH, "one\ntwo\nthree\n");
    act(() => live.tell("files.changed"));
    await waitFor(() => expect(view.state.doc.toString()).toBe("one\ntwo\nthree\n"));
    expect(texts).not.toContain("one\n");
  });

  test("tells a save that failed after the user went elsewhere", async () => {
    const files = memoryFiles({ [PATH]: "one\n", "src/b.ts": "b" });
    const saving = hold(files.save);
    show(fakeApi({ files }), HREF);
    type(await editor(), "two\n");
    await screen.findByTestId("unsaved");
    await userEvent.keyboard("{Control>}s{/Control}");
    visit(`/files/${fileId("src/b.ts")}`);
    await waitFor(async () => expect((await editor()).state.doc.toString()).toBe("b"));
    saving.refuse(new ApiError("disk_full", "There is no room left.", 507));
    expect(await screen.findByText(`${PATH} was not saved`)).toBeVisible();
  });

  test("makes a file again that was deleted while it was edited", async () => {
    const files = memoryFiles({ [PATH]: "one\n", "src/b.ts": "" });
    const live = new ToldEvents();
    show(fakeApi({ files }), HREF, live);
    type(await editor(), "mine\n");
    files.remove(PATH);
    act(() => live.tell("files.changed"));
    await screen.findByTestId("file-gone");
    await userEvent.click(screen.getByTestId("save"));
    await waitFor(() => expect(files.text(PATH)).toBe("one\nmine\n"));
  });

  test("does not take typing where the file is read-only, and says why", async () => {
    const files = memoryFiles({ [PATH]: "one\n" });
    Object.assign(files.write(PATH, "one\n"), { writable: false, read_only_reason: "The project is read-only." });
    show(fakeApi({ files }), HREF);
    expect((await editor()).state.readOnly).toBe(true);
    expect(screen.getByTestId("read-only")).toHaveTextContent("Read-only: The project is read-only.");
  });

  test("tells a failed save at the file and keeps what was typed", async () => {
    const files = memoryFiles({ [PATH]: "one\n" });
    files.save.mockImplementation(() => Promise.reject(new ApiError("disk_full", "There is no room left.", 507)));
    show(fakeApi({ files }), HREF);
    const view = await editor();
    type(view, "two\n");
    await userEvent.keyboard("{Control>}s{/Control}");
    expect(await screen.findByRole("alert")).toHaveTextContent("There is no room left. disk_full");
    expect(view.state.doc.toString()).toBe("one\ntwo\n");
    expect(screen.getByTestId("unsaved")).toBeVisible();
  });

  test("creates a file beside the one that is shown, and says when there is one of that name", async () => {
    const files = memoryFiles({ [PATH]: "one\n" });
    show(fakeApi({ files }), HREF);
    await editor();
    const user = userEvent.setup();
    await user.keyboard("n");
    const field = await screen.findByTestId("new-file-path");
    expect(field).toHaveValue("src/");
    await user.type(field, "a.ts{Enter}");
    expect(await screen.findByText("There is a file of that name.")).toBeVisible();
    await user.clear(field);
    await user.type(field, "src/new.ts{Enter}");
    await waitFor(() => expect(window.location.hash).toBe(`#/files/${fileId("src/new.ts")}`));
    expect(files.text("src/new.ts")).toBe("");
  });

  test("shows a picture from its bytes, and what cannot be shown as such", async () => {
    const files = memoryFiles({ "a.png": "", "a.bin": "" });
    Object.assign(files.write("a.png", ""), { kind: "image", text: null, writable: false });
    Object.assign(files.write("a.bin", ""), { kind: "binary", text: null, size: 5_000_000 });
    show(fakeApi({ files }), `/files/${fileId("a.png")}`);
    expect(await screen.findByTestId("picture")).toHaveAttribute("src", expect.stringMatching(/^blob:/));
    visit(`/files/${fileId("a.bin")}`);
    expect(await screen.findByText("This is no text: 5.0 MB")).toBeVisible();
    visit(`/files/${fileId("gone.txt")}`);
    expect(await screen.findByText("This file does not exist any more")).toBeVisible();
  });

  test("shows the history over a rename, a commit's change, and the file as it was", async () => {
    const files = memoryFiles({ [PATH]: "two\n" });
    const commit = (sha: string, path: string) => ({
      sha,
      short: sha.slice(0, 4),
      author: "Ann",
      email_hash: null,
      at: "2026-01-01T00:00:00Z",
      subject: `Change ${sha}`,
      path,
      id: fileId(path),
    });
    const was = fileId("src/old.ts");
    const history = {
      commits: [commit("bbbb1", PATH), commit("aaaa1", "src/old.ts")],
      more: false,
      state: "ok",
      error: null,
    };
    const change = {
      from: "",
      to: "",
      binary: false,
      truncated: false,
      from_missing: false,
      to_missing: false,
      newline_changed: false,
      hunks: [
        {
          old_start: 1,
          old_lines: 0,
          new_start: 1,
          new_lines: 1,
          header: "",
          lines: [{ kind: "+", old: null, new: 1, text: "two", no_newline: false }],
        },
      ],
    };
    const diff = vi.fn(() => Promise.resolve(change));
    const at = vi.fn(() => Promise.resolve(content("src/old.ts", "one\n", { writable: false })));
    const { container } = show(
      fakeApi({ files: { ...files, history: () => Promise.resolve(history), diff, at } }),
      HREF,
    );
    await editor();
    await userEvent.keyboard("h");
    const [newer, older] = await screen.findAllByTestId("commit");
    expect(diff).toHaveBeenLastCalledWith(fileId(PATH), "HEAD", "worktree", null, expect.anything());
    if (newer) await userEvent.click(newer);
    expect(await screen.findByTestId("diff-counts")).toHaveTextContent("1 line added");
    expect(diff).toHaveBeenLastCalledWith(fileId(PATH), "bbbb1^", "bbbb1", was, expect.anything());
    await expectAccessible(container);
    if (older) await userEvent.click(older);
    await userEvent.click(await screen.findByTestId("show-revision"));
    expect(await screen.findByTestId("revision")).toHaveTextContent("As of commit aaaa");
    expect(at).toHaveBeenLastCalledWith(was, "aaaa1", expect.anything());
    expect((await editor()).state.readOnly).toBe(true);
  });
});
