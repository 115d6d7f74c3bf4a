/*
 * The activity page: history and live events as one stream, filtered by kind and words.
 */
import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ActivityPage } from "../../src/api/activity";
import { ApiError } from "../../src/api/client";
import { expectAccessible, fakeBackend, open, type FakeBackend } from "../fakeBackend";

type Event = ActivityPage["events"][number];

const event = (n: number, type: Event["type"], data: Event["data"] = {}): Event => ({
  id: `${Date.parse("2026-01-01T10:00:00Z") + n}-0`,
  type,
  at: "2026-01-01T10:00:00Z",
  data,
});
const rows = () => screen.queryAllByTestId("activity-row").map((row) => row.textContent);

// The document of these tests has no layout: without a height nothing would be in sight.
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(34);
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(800);
});

describe("the activity", () => {
  test("joins what was and what happens, each once, newest first", async () => {
    const backend = fakeBackend();
    backend.past.push(event(2, "note.created", { id: "n", title: "Plan" }), event(1, "backend.started"));
    const { container } = open(backend, "activity");
    await waitFor(() => expect(rows()).toHaveLength(2));
    act(() => {
      backend.send(event(2, "note.created", { id: "n", title: "Plan" }));
      backend.send(event(3, "files.changed", { total: 1, paths: [{ change: "modified", path: "a.ts" }] }));
    });
    await waitFor(() => expect(rows()).toHaveLength(3));
    expect(rows()[0]).toContain("File changed");
    expect(rows()[1]).toContain("Note written");
    expect(screen.getByRole("link", { name: "Note written" })).toHaveAttribute("href", "#/notes/n");
    expect(screen.getByTestId("file-link")).toHaveAttribute("href", "#/files/YS50cw");
    expect(screen.getByTestId("stream-state")).toHaveAttribute("data-connection", "live");
    await expectAccessible(container);
  });

  test("is filtered by kinds, kept in the address, and by words", async () => {
    const backend = fakeBackend();
    backend.past.push(
      event(3, "task.moved", { id: "t", title: "Paint", column: "done" }),
      event(2, "commit.seen", { sha: "0123456789", subject: "Begin", author: "Ada" }),
      event(1, "service.lost", { service: "redis" }),
    );
    open(backend, "activity");
    const user = userEvent.setup();
    await waitFor(() => expect(rows()).toHaveLength(3));
    await user.click(screen.getByTestId("kind-git"));
    await waitFor(() => expect(rows()).toEqual([expect.stringContaining("Begin · Ada")]));
    expect(window.location.hash).toBe("#/activity?kinds=git");
    expect(backend.api.activity.page).toHaveBeenLastCalledWith(
      null,
      ["commit.seen", "branch.changed"],
      expect.anything(),
    );
    await user.click(screen.getByTestId("kind-git"));
    await user.type(screen.getByTestId("activity-filter"), "redis");
    await waitFor(() => expect(rows()).toEqual([expect.stringContaining("Redis stopped answering")]));
    await user.type(screen.getByTestId("activity-filter"), " nothing");
    expect(await screen.findByText("Nothing like this has happened")).toBeVisible();
  });

  test("counts files that an event does not name among those that are not shown", async () => {
    const backend = fakeBackend();
    const paths = ["a.ts", "b.ts", "c.ts", "d.ts"].map((path) => ({ change: "modified", path }));
    backend.past.push(event(1, "files.changed", { total: 304, paths }));
    open(backend, "activity");
    await userEvent.click(await screen.findByRole("button", { name: "and 301 more" }));
    expect(screen.getByText("d.ts")).toBeVisible();
    expect(screen.getByText("and 300 not named")).toBeVisible();
  });

  test("names the commit in short where there is no branch", async () => {
    const backend = fakeBackend();
    backend.past.push(event(1, "branch.changed", { from: "main", to: "fa782c5f25e178e20d58cb7e9610f89bcd38e8ba" }));
    open(backend, "activity");
    expect(await screen.findByText("main → detached at fa782c5f25")).toBeVisible();
  });

  test("draws only what is in sight of a long history", async () => {
    const backend = fakeBackend();
    for (let n = 2000; n > 0; n -= 1) backend.past.push(event(n, "files.changed", { total: n, paths: [] }));
    open(backend, "activity");
    await waitFor(() => expect(rows().length).toBeGreaterThan(10));
    expect(rows().length).toBeLessThan(120);
  });

  /** A past that is given page by page, as the backend does. */
  function paged(backend: FakeBackend, size: number) {
    backend.api.activity.page.mockImplementation((before) => {
      const from = before === null ? 0 : backend.past.findIndex((one) => one.id === before) + 1;
      const events = backend.past.slice(from, from + size);
      return Promise.resolve({ events, more: from + size < backend.past.length });
    });
  }

  test("is looked through as far back as it goes for words, before it is said that there is nothing", async () => {
    const backend = fakeBackend();
    for (let n = 500; n > 1; n -= 1) backend.past.push(event(n, "files.changed", { total: n, paths: [] }));
    backend.past.push(event(1, "commit.seen", { sha: "0123456789", subject: "Begin", author: "Ada" }));
    paged(backend, 100);
    open(backend, "activity");
    const user = userEvent.setup();
    await waitFor(() => expect(rows().length).toBeGreaterThan(10));
    let saidNothing = false;
    const watch = new MutationObserver(() => (saidNothing ||= screen.queryByText(/^Nothing like this/) !== null));
    watch.observe(document.body, { subtree: true, childList: true });
    await user.type(screen.getByTestId("activity-filter"), "begin ada");
    await waitFor(() => expect(rows()).toEqual([expect.stringContaining("Begin · Ada")]));
    watch.disconnect();
    expect(saidNothing).toBe(false);
    expect(screen.getByText("Nothing older is kept.")).toBeVisible();
    await user.type(screen.getByTestId("activity-filter"), " eve");
    expect(await screen.findByText("Nothing like this has happened")).toBeVisible();
    expect(backend.api.activity.page).toHaveBeenCalledTimes(5);
  });

  test("does not say that nothing older is kept while that is being read", async () => {
    const backend = fakeBackend();
    let tell: (page: ActivityPage) => void = () => undefined;
    backend.api.activity.page.mockImplementation(() => new Promise((resolve) => (tell = resolve)));
    open(backend, "activity");
    expect(await screen.findByText("Loading the activity")).toBeInTheDocument();
    act(() => backend.send(event(2, "service.lost", { service: "redis" })));
    await waitFor(() => expect(rows()).toHaveLength(1));
    expect(screen.getByText("Reading further back")).toBeVisible();
    expect(screen.queryByText("Nothing older is kept.")).toBeNull();
    act(() => tell({ events: [event(1, "backend.started")], more: false }));
    expect(await screen.findByText("Nothing older is kept.")).toBeVisible();
  });

  test("says that what is older cannot be read, and does not ask for it until told to", async () => {
    const backend = fakeBackend();
    backend.past.push(event(2, "service.lost", { service: "redis" }));
    backend.api.activity.page.mockImplementation((before) =>
      before === null
        ? Promise.resolve({ events: backend.past.slice(0, 1), more: true })
        : Promise.reject(new ApiError("broken", "It is broken.", 500)),
    );
    open(backend, "activity");
    expect(await screen.findByRole("alert")).toHaveTextContent("It is broken.");
    expect(screen.queryByText("Nothing older is kept.")).toBeNull();
    act(() => backend.send(event(3, "service.back", { service: "redis" })));
    await waitFor(() => expect(rows()).toHaveLength(2));
    expect(backend.api.activity.page).toHaveBeenCalledTimes(2);
    backend.past.push(event(1, "backend.started"));
    paged(backend, 10);
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(rows()).toHaveLength(3));
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("has no hole after more has happened than the page keeps", async () => {
    const backend = fakeBackend();
    backend.past.push(event(1, "backend.started"));
    paged(backend, 200);
    open(backend, "activity");
    await waitFor(() => expect(rows()).toHaveLength(1));
    const happened = [event(2, "commit.seen", { sha: "0123456789", subject: "Needle", author: "Ada" })];
    for (let n = 3; n <= 1200; n += 1) happened.push(event(n, "files.changed", { total: n, paths: [] }));
    backend.past.unshift(...happened.toReversed());
    for (let from = 0; from < 1200; from += 300) act(() => backend.send(...happened.slice(from, from + 300)));
    await waitFor(() => expect(rows()[0]).toContain("1,200 files changed"));
    await userEvent.type(screen.getByTestId("activity-filter"), "needle");
    await waitFor(() => expect(rows()).toEqual([expect.stringContaining("Needle")]));
    expect(backend.api.activity.page.mock.calls.length).toBeLessThan(20);
  });

  test("shows that events were lost, and the event after which that was", async () => {
    const backend = fakeBackend();
    backend.past.push(event(1, "backend.started"));
    open(backend, "activity");
    await waitFor(() => expect(rows()).toHaveLength(1));
    act(() => backend.send(event(2, "note.created", { id: "n", title: "Plan" })));
    await waitFor(() => expect(rows()).toHaveLength(2));
    // What tells of a gap stands where the page was.
    act(() => backend.send(event(2, "stream.gap")));
    await waitFor(() => expect(rows()).toHaveLength(3));
    expect(rows()[0]).toContain("Some events were lost here");
    expect(rows()[1]).toContain("Note written");
  });
});
