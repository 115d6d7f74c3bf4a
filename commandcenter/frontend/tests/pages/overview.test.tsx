/*
 * The overview: what a folder is, and what is said where there is nothing to show.
 */
import { screen, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { ApiError } from "../../src/api/client";
import type { Git } from "../../src/api/overview";
import { withoutKind } from "../../src/pages/overview/Todos";
import { languageParts } from "../../src/pages/overview/Languages";
import { expectAccessible, fakeBackend, git, open, overview } from "../fakeBackend";

describe("the overview", () => {
  test("shows figures, git, open ends that lead into the files, and the README without its scripts", async () => {
    const { container } = open(fakeBackend(), "overview");
    expect(await screen.findByText("1,234")).toBeVisible();
    expect(screen.getByText(/Not counted: 1 unreadable folder, 2 symbolic links/)).toBeVisible();
    expect(screen.getByText("Hello")).toBeVisible();
    expect(container.querySelector("script")).toBeNull();
    expect(screen.getByText("read-only")).toBeVisible();
    const git = screen.getByTestId("git");
    expect(git).toHaveTextContent("main");
    expect(git).toHaveTextContent("2 ahead, 1 behind of origin/main");
    expect(within(git).getByTestId("file-link")).toHaveAttribute("href", "#/files/YS9iLnJz");
    expect(within(screen.getByTestId("todo")).getByTestId("file-link")).toHaveAttribute(
      "href",
      "#/files/YS9iLnJz?line=12",
    );
    await expectAccessible(container);
  });

  test.each<[Partial<Git>, RegExp]>([
    [{ state: "none" }, /not in a git repository/],
    [{ state: "missing_git" }, /git is not installed/],
    [{ state: "corrupt", error: "bad object HEAD" }, /cannot read this repository: bad object HEAD.*git fsck/],
    [{ state: "empty", commits: [], contributors: [], head: null }, /No commit yet/],
    [{ branch: null }, /detached at 0123456789/],
  ])("says of a repository %j what it is", async (change, words) => {
    const backend = fakeBackend();
    backend.api.overview.get.mockResolvedValue(overview({ git: git(change) }));
    open(backend, "overview");
    expect(await screen.findByTestId("git")).toHaveTextContent(words);
  });

  test("says how far the first look at a large folder is, and asks until it is done", async () => {
    const backend = fakeBackend();
    const reading = overview({
      ...{ state: "scanning", progress: { files: 4321, seconds: 2 } },
      ...{ snapshot: null, git: null, readme: null, todos: null },
    });
    backend.api.overview.get.mockResolvedValueOnce(reading).mockResolvedValueOnce(reading);
    open(backend, "overview");
    expect(await screen.findByText(/4,321 files so far/)).toBeVisible();
    expect(await screen.findByText("1,234")).toBeVisible();
  });

  test("says what is wrong when the backend refuses", async () => {
    const backend = fakeBackend();
    backend.api.overview.get.mockRejectedValue(new ApiError("DATABASE_AWAY", "The database is restarting.", 500));
    open(backend, "overview");
    expect(await screen.findByRole("alert")).toHaveTextContent("The database is restarting. DATABASE_AWAY");
  });

  test("invites into a folder that is empty", async () => {
    const backend = fakeBackend();
    const { snapshot } = overview();
    if (snapshot) Object.assign(snapshot.files, { count: 0, languages: [], largest: [] });
    const nothing = { readme: null, todos: { total: 0, items: [], complete: true } };
    backend.api.overview.get.mockResolvedValue(overview({ snapshot, git: git({ state: "none" }), ...nothing }));
    open(backend, "overview");
    expect(await screen.findByText("This folder is empty")).toBeVisible();
  });
});

test("an open end is told without its mark, which stands beside it", () => {
  expect(withoutKind({ kind: "HACK", text: "HACK(ada): round up" })).toBe("round up");
  expect(withoutKind({ kind: "HACK", text: "HACK" })).toBe("HACK");
  expect(withoutKind({ kind: "HACK", text: "a HACK inside" })).toBe("a HACK inside");
});

test("languages beyond the ninth are one part, and none is lost", () => {
  const languages = Array.from({ length: 14 }, (_, n) => ({ language: `L${n}`, files: 1, bytes: 100 - n }));
  const parts = languageParts(languages);
  expect(parts).toHaveLength(10);
  expect(parts.at(-1)).toMatchObject({ name: "5 others", files: 5 });
  const sum = (list: { bytes: number }[]) => list.reduce((total, one) => total + one.bytes, 0);
  expect(sum(parts)).toBe(sum(languages));
  expect(languageParts(languages.slice(0, 10))).toHaveLength(10);
});
