/*
 * The activity page: history and live events as one stream, filtered by kind and words.
 */
import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ActivityPage } from "../../src/api/activity";
import { expectAccessible, fakeBackend, open } from "../fakeBackend";

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

  test("draws only what is in sight of a long history", async () => {
    const backend = fakeBackend();
    for (let n = 2000; n > 0; n -= 1) backend.past.push(event(n, "files.changed", { total: n, paths: [] }));
    open(backend, "activity");
    await waitFor(() => expect(rows().length).toBeGreaterThan(10));
    expect(rows().length).toBeLessThan(120);
  });
});
