/*
 * The pages, with a backend of the test's own: what is shown, what is kept, and that assistive technology can use it.
 */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { describe, expect, test, vi } from "vitest";
import { App } from "../src/App";
import { ApiError, type Api, type Note } from "../src/api/client";
import { LiveEvents } from "../src/api/live";
import { about } from "../src/pages/Activity";
import { ago, count, size } from "../src/words";

const at = "2026-01-01T00:00:00Z";

function note(change: Partial<Note> = {}): Note {
  return {
    id: "n1",
    title: "First",
    body: "Text",
    version: 1,
    pinned: false,
    links: [],
    created_at: at,
    updated_at: at,
    ...change,
  };
}

function backend(change: Partial<Record<keyof Api, unknown>> = {}) {
  let notes: Note[] = [];
  const api = {
    project: () =>
      Promise.resolve({ id: "p", name: "shop", folder: "/home/ann/shop", read_only: true, watch: "events" }),
    overview: () =>
      Promise.resolve({
        state: "ready",
        progress: null,
        error: null,
        snapshot: {
          at,
          files: {
            count: 1234,
            bytes: 5_600_000,
            languages: [{ language: "Rust", files: 10, bytes: 4000 }],
            largest: [{ path: "a/b.rs", bytes: 2000 }],
            skipped: { unreadable_folders: 1, vanished: 0, symlinks: 2, special: 0, invalid_names: 0 },
            truncated: false,
          },
          git: { kind: "none" },
          readme: { path: "README.md", text: "# Hello\n<script>alert(1)</script>", truncated: false },
        },
      }),
    refresh: () => Promise.resolve(new Response()),
    notes: () => Promise.resolve({ notes, total: notes.length }),
    createNote: vi.fn((title: string, body: string) => {
      notes = [note({ title, body })];
      return Promise.resolve(notes[0]);
    }),
    editNote: vi.fn(),
    deleteNote: vi.fn(),
    search: { index: () => new Promise<never>(() => undefined) },
    events: () => new Promise<Response>(() => undefined),
    put: (next: Note[]) => (notes = next),
    ...change,
  };
  return api as typeof api & Api;
}

function show(api: Api, page: string) {
  window.location.hash = `/${page}`;
  const config = { apiBaseUrl: "http://127.0.0.1:1", token: "t", projectName: "shop", projectId: "p" };
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={queries}>
      <App api={api} live={new LiveEvents(api)} config={config} />
    </QueryClientProvider>,
  );
}

async function expectAccessible(element: Element) {
  const { violations } = await axe.run(element, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((one) => `${one.id}: ${one.nodes[0]?.html ?? ""}`)).toEqual([]);
}

describe("the overview", () => {
  test("shows the folder's figures, what was not counted, and the README without its scripts", async () => {
    const { container } = show(backend(), "overview");
    expect(await screen.findByText("1,234 files")).toBeVisible();
    expect(screen.getByText(/Not counted: 1 unreadable folder, 2 symbolic links/)).toBeVisible();
    expect(screen.getByText("Hello")).toBeVisible();
    expect(container.querySelector("script")).toBeNull();
    expect(screen.getByText("read-only")).toBeVisible();
    await expectAccessible(container);
  });

  test("says what is wrong when the backend refuses", async () => {
    const refuse = () => Promise.reject(new ApiError("DATABASE_AWAY", "The database is restarting.", 500));
    show(backend({ overview: refuse }), "overview");
    expect(await screen.findByRole("alert")).toHaveTextContent("The database is restarting. DATABASE_AWAY");
  });
});

describe("notes", () => {
  test("are written with the keyboard alone", async () => {
    const api = backend();
    const { container } = show(api, "notes");
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("new-note"));
    await user.type(screen.getByTestId("note-title"), "A plan");
    await user.type(screen.getByTestId("note-body"), "**bold**{enter}");
    expect(screen.getByTestId("preview").innerHTML).toContain("<strong>bold</strong>");
    await user.click(screen.getByTestId("note-save"));
    expect(await screen.findByTestId("note-row")).toHaveTextContent("A plan");
    expect(api.createNote).toHaveBeenCalledWith("A plan", "**bold**\n");
    await expectAccessible(container);
  });

  test("that changed elsewhere meanwhile are never overwritten unseen, and nothing typed is lost", async () => {
    const api = backend();
    api.put([note()]);
    vi.mocked(api.editNote).mockImplementationOnce(() => {
      api.put([note({ title: "Theirs", version: 2 })]);
      return Promise.reject(new ApiError("NOTE_CHANGED", "It was changed meanwhile.", 409));
    });
    show(api, "notes");
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("note-row"));
    await user.type(screen.getByTestId("note-title"), " of mine");
    await user.click(screen.getByTestId("note-save"));
    expect(await screen.findByText(/was changed elsewhere/)).toBeVisible();
    expect(screen.getByTestId("note-title")).toHaveValue("First of mine");
    const keep = screen.getByRole("button", { name: "Keep mine" });
    await waitFor(() => expect(keep).toBeEnabled());
    vi.mocked(api.editNote).mockResolvedValueOnce(note({ title: "First of mine", version: 3 }));
    await user.click(keep);
    expect(api.editNote).toHaveBeenLastCalledWith({ id: "n1", title: "First of mine", body: "Text", version: 2 });
  });
});

describe("the palette", () => {
  test("opens with Ctrl+K and goes where it says", async () => {
    show(backend(), "overview");
    const user = userEvent.setup();
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox"), "notes{enter}");
    expect(await screen.findByTestId("new-note")).toBeVisible();
  });
});

describe("words", () => {
  test("have units and count right", () => {
    expect([size(0), size(999), size(1500), size(123_456_789)]).toEqual(["0 B", "999 B", "1.5 kB", "123 MB"]);
    expect([count(1, "file"), count(2000, "file")]).toEqual(["1 file", "2,000 files"]);
    expect(ago(at, Date.parse(at) + 61_000)).toBe("1 min ago");
    expect(about({ data: { paths: ["a", "b"] } })).toBe("a, b");
  });
});
