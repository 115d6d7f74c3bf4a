/*
 * Search: what is typed is asked once and in order, what is found can be walked through and opened, and what cannot be
 * asked is told where it was typed.
 */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { ApiError, type Api } from "../src/api/client";
import { fileId } from "../src/api/ids";
import type { SearchQuery, SearchResult } from "../src/api/search";
import { pieces } from "../src/parts/Highlighted";
import { Search } from "../src/pages/search/Search";
import { queryOf, searchHref } from "../src/pages/search/query";
import { intoView, isStop, rowsOf } from "../src/pages/search/rows";
import { CommandRegistry, CommandsProvider } from "../src/shell/commands";
import { PreferenceStore } from "../src/shell/preferences";
import { Router, RouterProvider, parseRoute } from "../src/shell/router";
import { BeforePaint, INDEX, ToldEvents, expectAccessible, fakeApi, found, result, show } from "./fakeApi";

function searching(find: (query: SearchQuery, offset: number) => Promise<unknown>) {
  const asked = vi.fn(find);
  const api = fakeApi();
  Object.assign(api.search, { find: asked });
  return { api, asked };
}

const TWO = [found("src/a.rs", [[3, "fn alpha() {}", 3, 8]]), found("src/b.rs", [[9, "alpha();", 0, 5]])];

describe("rows", () => {
  test("show every line once, in order, with a gap where lines are left out", () => {
    const line = fc.nat(40).map((at) => at + 3);
    fc.assert(
      fc.property(fc.uniqueArray(line, { minLength: 1, maxLength: 10 }), fc.nat(2), (lines, around) => {
        const file = found(
          "a.rs",
          lines.toSorted((a, b) => a - b).map((at) => [at, `line ${at}`, 0, 4] as const),
        );
        for (const match of file.matches) {
          match.before = Array.from({ length: around }, (_, i) => `line ${match.line - around + i}`);
          match.after = Array.from({ length: around }, (_, i) => `line ${match.line + 1 + i}`);
        }
        const rows = rowsOf([file]);
        const shown = rows.filter((row) => row.kind === "line");
        expect(shown.map((row) => row.line)).toEqual([...new Set(shown.map((row) => row.line))].sort((a, b) => a - b));
        expect(shown.filter((row) => row.ranges !== null).map((row) => row.line)).toEqual(
          file.matches.map((m) => m.line),
        );
        for (const row of shown) expect(row.text).toBe(`line ${row.line}`);
        const jumps = shown.filter((row, i) => i > 0 && row.line > (shown[i - 1]?.line ?? 0) + 1).length;
        expect(rows.filter((row) => row.kind === "gap")).toHaveLength(jumps);
        expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
      }),
    );
  });

  test("move a match that lies far to the right into view, and mark the same text", () => {
    const text = `${"x".repeat(300)}needle${"y".repeat(50)}`;
    const moved = intoView({ text, ranges: [[300, 306]], cut_start: false, cut_end: true }, 72);
    expect(moved.text.startsWith("…")).toBe(true);
    expect(moved.text.endsWith("…")).toBe(true);
    const [[from, to] = [0, 0]] = moved.ranges;
    expect(moved.text.slice(from, to)).toBe("needle");
    expect(from).toBeLessThan(40);
  });

  test("of files without matches can be stopped at", () => {
    expect(rowsOf([found("a.rs", [])]).map(isStop)).toEqual([true]);
    expect(rowsOf(TWO).map(isStop)).toEqual([false, true, false, true]);
  });
});

describe("a marked text", () => {
  test("is the text, however the ranges lie", () => {
    const range = fc.tuple(fc.nat(30), fc.nat(30));
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.array(range, { maxLength: 5 }), (text, ranges) => {
        expect(
          pieces(text, ranges)
            .map((one) => one.text)
            .join(""),
        ).toBe(text);
      }),
    );
  });
});

describe("the address of a search", () => {
  test("comes back as the same search", () => {
    const query = fc.record({
      q: fc.string(),
      mode: fc.constantFrom("words" as const, "exact" as const, "regex" as const),
      matchCase: fc.boolean(),
      path: fc.string(),
      language: fc.string(),
    });
    fc.assert(
      fc.property(query, (one) => {
        expect(queryOf(parseRoute(searchHref(one)).params)).toEqual(one);
      }),
    );
  });
});

describe("the search page", () => {
  test("asks once for what was typed in one go, and keeps the question in the address", async () => {
    const { api, asked } = searching(() => Promise.resolve(result(TWO)));
    const { container } = show(api, "/search");
    await userEvent.type(await screen.findByTestId("search-query"), "alpha");
    expect(await screen.findAllByTestId("search-match")).toHaveLength(2);
    expect(asked.mock.calls.map(([query]) => query.q)).toEqual(["alpha"]);
    expect(window.location.hash).toBe("#/search?q=alpha");
    expect(screen.getByTestId("search-count")).toHaveTextContent("2 files in 4.2 ms");
    expect(screen.getByTestId("index-state")).toHaveTextContent("120 files searchable");
    expect(screen.getByTestId("index-state")).toHaveTextContent("not searched: 3 binary, 1 too large, 40 ignored");
    expect(screen.getAllByText("alpha", { selector: "mark" })).toHaveLength(2);
    await expectAccessible(container);
  });

  test("has its field focused by the time it is seen for the first time", () => {
    const router = new Router(window);
    const api = fakeApi();
    const config = { apiBaseUrl: "http://127.0.0.1:1", token: "t", projectName: "shop", projectId: "p" };
    let focused: Element | null = null;
    render(
      <QueryClientProvider client={new QueryClient()}>
        <RouterProvider value={router}>
          <CommandsProvider value={new CommandRegistry()}>
            <BeforePaint run={() => (focused = document.activeElement)}>
              <Search
                api={api}
                live={new ToldEvents()}
                config={config}
                preferences={new PreferenceStore(null, document.documentElement)}
                route={router.get()}
              />
            </BeforePaint>
          </CommandsProvider>
        </RouterProvider>
      </QueryClientProvider>,
    );
    expect(focused).toBe(screen.getByTestId("search-query"));
  });

  test("takes its question from the address, filters and all", async () => {
    const { api, asked } = searching(() => Promise.resolve(result(TWO)));
    show(api, "/search?q=a.c&mode=regex&case=true&path=src%2F&language=Rust");
    await screen.findAllByTestId("search-match");
    expect(asked.mock.calls[0]?.[0]).toEqual({
      q: "a.c",
      mode: "regex",
      matchCase: true,
      path: "src/",
      language: "Rust",
    });
    expect(screen.getByTestId("search-query")).toHaveValue("a.c");
    expect(screen.getByRole("radio", { name: "Regex" })).toBeChecked();
    expect(screen.getByRole("button", { name: "Match case" })).toHaveAttribute("aria-pressed", "true");
  });

  test("calls off a question that a newer one takes the place of, and shows the last results meanwhile", async () => {
    const signals: AbortSignal[] = [];
    const { api } = searching(() => Promise.resolve(result(TWO)));
    Object.assign(api.search, {
      find: ({ q }: SearchQuery, _: number, { signal }: { signal: AbortSignal }) => {
        signals.push(signal);
        return q === "alpha" ? Promise.resolve(result(TWO)) : new Promise(() => undefined);
      },
    });
    show(api, "/search?q=alpha");
    await screen.findAllByTestId("search-match");
    const user = userEvent.setup();
    await user.type(screen.getByTestId("search-query"), "b");
    await waitFor(() => expect(signals).toHaveLength(2));
    expect(screen.getAllByTestId("search-match")).toHaveLength(2);
    expect(screen.getByTestId("search-results")).toHaveAttribute("aria-busy", "true");
    await user.type(screen.getByTestId("search-query"), "c");
    await waitFor(() => expect(signals).toHaveLength(3));
    expect(signals.map((signal) => signal.aborted)).toEqual([false, true, false]);
  });

  test("is walked through with the arrow keys, and Enter opens the match at its line", async () => {
    const { api } = searching(() => Promise.resolve(result(TWO)));
    show(api, "/search?q=alpha");
    const [first, second] = await screen.findAllByTestId("search-match");
    const user = userEvent.setup();
    await user.click(screen.getByTestId("search-query"));
    await user.keyboard("{ArrowDown}");
    expect(first).toHaveAttribute("data-active");
    await user.keyboard("{ArrowDown}{ArrowDown}");
    expect(second).toHaveAttribute("data-active");
    expect(screen.getByText("src/b.rs, line 9: alpha();")).toBeInTheDocument();
    const open = vi.spyOn(window, "open").mockReturnValue(null);
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(open).toHaveBeenCalledWith(`#/files/${fileId("src/b.rs")}?line=9`, "_blank", "noopener");
    await user.keyboard("{Enter}");
    expect(window.location.hash).toBe(`#/files/${fileId("src/b.rs")}?line=9`);
    window.history.back();
    await waitFor(() => expect(screen.getAllByTestId("search-match")[1]).toHaveAttribute("data-active"));
  });

  describe("with Enter before the answer is there", () => {
    /** The answers to questions after "alpha" are given by hand. */
    function slowly() {
      const answers = new Map<string, (answer: SearchResult | Error) => void>();
      const { api } = searching(({ q }) =>
        q === "alpha"
          ? Promise.resolve(result(TWO))
          : new Promise((resolve, reject) =>
              answers.set(q, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer))),
            ),
      );
      const tell = async (q: string, answer: SearchResult | Error) => {
        await waitFor(() => expect(answers.has(q)).toBe(true));
        act(() => answers.get(q)?.(answer));
      };
      return { api, tell };
    }
    const beta = result([found("src/beta.rs", [[7, "alphabet", 0, 8]])]);
    const betaHref = `#/files/${fileId("src/beta.rs")}?line=7`;
    async function typed(api: Api, keys: string) {
      show(api, "/search?q=alpha");
      await screen.findAllByTestId("search-match");
      const user = userEvent.setup();
      await user.click(screen.getByTestId("search-query"));
      await user.keyboard(keys);
      return user;
    }

    test("waits for it and opens its first match, not that of the question before", async () => {
      const { api, tell } = slowly();
      await typed(api, "bet{Enter}");
      expect(window.location.hash).toBe("#/search?q=alphabet");
      await tell("alphabet", beta);
      await waitFor(() => expect(window.location.hash).toBe(betaHref));
    });

    test("waits for it where nothing was asked before", async () => {
      const { api, tell } = slowly();
      show(api, "/search");
      await userEvent.type(await screen.findByTestId("search-query"), "alphabet{Enter}");
      await tell("alphabet", beta);
      await waitFor(() => expect(window.location.hash).toBe(betaHref));
    });

    test("does not open what was marked among the results of the question before", async () => {
      const { api, tell } = slowly();
      await typed(api, "{ArrowDown}{ArrowDown}bet{Enter}");
      await tell("alphabet", beta);
      await waitFor(() => expect(window.location.hash).toBe(betaHref));
    });

    test("opens it in a page of its own where that is wished", async () => {
      const open = vi.spyOn(window, "open").mockReturnValue(null);
      const { api, tell } = slowly();
      await typed(api, "bet{Control>}{Enter}{/Control}");
      expect(open).not.toHaveBeenCalled();
      await tell("alphabet", beta);
      await waitFor(() => expect(open.mock.calls).toEqual([[betaHref, "_blank", "noopener"]]));
      expect(window.location.hash).toBe("#/search?q=alphabet");
    });

    test("opens nothing when something else is typed meanwhile, nothing is found, or the search fails", async () => {
      const { api, tell } = slowly();
      const user = await typed(api, "bet{Enter}a");
      await tell("alphabet", beta);
      await tell("alphabeta", beta);
      expect(await screen.findByText("alphabet", { selector: "mark" })).toBeVisible();
      await user.keyboard("x{Enter}");
      await tell("alphabetax", result([]));
      expect(await screen.findByText("Nothing has “alphabetax”")).toBeVisible();
      await user.keyboard("y{Enter}");
      await tell("alphabetaxy", new ApiError("search_too_slow", "Narrow it.", 503));
      expect(await screen.findByRole("alert")).toHaveTextContent("Narrow it.");
      await user.click(screen.getByRole("button", { name: "Try again" }));
      await tell("alphabetaxy", beta);
      expect(await screen.findByText("alphabet", { selector: "mark" })).toBeVisible();
      expect(window.location.hash).toBe("#/search?q=alphabetaxy");
    });

    test("waits for it after a question that failed", async () => {
      const { api, tell } = slowly();
      const user = await typed(api, "be");
      await tell("alphabe", new ApiError("search_too_slow", "Narrow it.", 503));
      expect(await screen.findByRole("alert")).toHaveTextContent("Narrow it.");
      await user.keyboard("t{Enter}");
      expect(window.location.hash).toBe("#/search?q=alphabet");
      await tell("alphabet", beta);
      await waitFor(() => expect(window.location.hash).toBe(betaHref));
    });

    test("waits for the rest where nothing was found at once", async () => {
      const part = { total: 0, total_is_exact: false, unfinished: true, looked_into: 10, candidates: 400 };
      let tell: (whole: SearchResult) => void = () => undefined;
      const { api } = slowly();
      Object.assign(api.search, {
        find: ({ q }: SearchQuery, __: number, { patience }: { patience: number }) =>
          q === "alpha"
            ? Promise.resolve(result(TWO))
            : patience < 100
              ? Promise.resolve(result([], part))
              : new Promise((resolve) => (tell = resolve)),
      });
      await typed(api, "bet{Enter}");
      expect(await screen.findByText("Loading results")).toBeInTheDocument();
      act(() => tell(beta));
      await waitFor(() => expect(window.location.hash).toBe(betaHref));
    });
  });

  test("tells at its field that a pattern cannot be read, and keeps what was found before", async () => {
    const { api } = searching(({ q }) =>
      q.endsWith("(")
        ? Promise.reject(new ApiError("search_pattern_invalid", "A bracket at place 6 is not closed.", 422))
        : Promise.resolve(result(TWO)),
    );
    show(api, "/search?q=alpha&mode=regex");
    await screen.findAllByTestId("search-match");
    await userEvent.type(screen.getByTestId("search-query"), "(");
    expect(await screen.findByText("A bracket at place 6 is not closed.")).toBeVisible();
    expect(screen.getByTestId("search-query")).toBeInvalid();
    expect(screen.getAllByTestId("search-match")).toHaveLength(2);
  });

  test("says what else went wrong, with its code, and asks again when told to", async () => {
    let fail = true;
    const { api } = searching(() =>
      fail
        ? Promise.reject(new ApiError("search_too_slow", "Narrow the path or the pattern.", 503))
        : Promise.resolve(result(TWO)),
    );
    show(api, "/search?q=alpha");
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("Narrow the path or the pattern. search_too_slow");
    fail = false;
    await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await screen.findAllByTestId("search-match")).toHaveLength(2);
  });

  test("offers a way on where nothing is found", async () => {
    const { api, asked } = searching(({ path }) => Promise.resolve(result(path === "" ? TWO : [])));
    show(api, "/search?q=alpha&path=docs%2F");
    await userEvent.click(await screen.findByRole("button", { name: "Search everywhere" }));
    expect(await screen.findAllByTestId("search-match")).toHaveLength(2);
    expect(asked.mock.calls.at(-1)?.[0].path).toBe("");
  });

  test("shows all lines of a file when told to, and says what is still left out", async () => {
    const file = { ...found("src/[id].rs", [[3, "alpha", 0, 5]]), more_matches: 7 };
    const { api, asked } = searching(({ path }) =>
      Promise.resolve(path === "" ? result([file, ...TWO]) : result([{ ...file, more_matches: 2 }])),
    );
    show(api, "/search?q=alpha");
    await userEvent.click(await screen.findByRole("button", { name: "7 more lines in this file" }));
    expect(await screen.findByText("2 more lines are not listed: open the file to see them")).toBeVisible();
    expect(asked.mock.calls.at(-1)?.[0].path).toBe("/src/[id].rs");
    expect(screen.getByTestId("search-path")).toHaveValue("/src/[id].rs");
    expect(screen.queryByRole("button", { name: /more lines/ })).toBeNull();
  });

  test("draws only what is in view, and asks for more when the end comes near", async () => {
    const many = (from: number) =>
      Array.from({ length: 30 }, (_, i) =>
        found(`f${from + i}.rs`, [
          [1, "alpha", 0, 5],
          [5, "alpha", 0, 5],
        ]),
      );
    const { api, asked } = searching((_, offset) =>
      Promise.resolve(result(many(offset), { total: 5000, total_is_exact: false, truncated: true })),
    );
    show(api, "/search?q=alpha");
    const drawn = await screen.findAllByTestId("search-match");
    expect(drawn.length).toBeLessThan(80);
    expect(screen.getByTestId("search-count")).toHaveTextContent("at least 5,000 files");
    fireEvent.scroll(screen.getByTestId("search-results"), { target: { scrollTop: 2700 } });
    await waitFor(() => expect(asked.mock.calls.map(([, offset]) => offset)).toContain(30));
  });

  test("shows the first finds at once and adds the rest below them", async () => {
    const [first, second] = TWO;
    if (!first || !second) throw new Error("two files are needed");
    let tell: (whole: unknown) => void = () => undefined;
    const whole = new Promise((resolve) => (tell = resolve));
    const part = { total_is_exact: false, truncated: true, unfinished: true, looked_into: 10, candidates: 400 };
    const { api } = searching(() => Promise.resolve(result([])));
    Object.assign(api.search, {
      find: (_: SearchQuery, offset: number, { patience }: { patience: number }) =>
        patience < 100 ? Promise.resolve(result([second], part)) : offset === 0 ? whole : Promise.resolve(result([])),
    });
    show(api, "/search?q=alpha&mode=regex");
    expect(await screen.findAllByTestId("search-match")).toHaveLength(1);
    expect(screen.getByTestId("search-count")).toHaveTextContent("at least 1 file in 4.2 ms, looking further…");
    tell(result([first, second], { took_ms: 300 }));
    await waitFor(() => expect(screen.getAllByTestId("search-match")).toHaveLength(2));
    expect(screen.getAllByRole("heading", { level: 2 }).map((one) => one.textContent)).toEqual([
      expect.stringContaining("b.rs"),
      expect.stringContaining("a.rs"),
    ]);
    expect(screen.getByTestId("search-count")).toHaveTextContent("2 files in 300 ms");
    expect(screen.getByTestId("search-count")).not.toHaveTextContent("further");
  });

  test("says what was not looked into when even the second answer is not whole", async () => {
    const part = { total_is_exact: false, truncated: true, unfinished: true, looked_into: 1000, candidates: 4000 };
    const { api } = searching(() => Promise.resolve(result(TWO, part)));
    show(api, "/search?q=alpha&mode=regex");
    expect(
      await screen.findByText(/not whole: 1,000 of 4,000 files that may have it were looked into/),
    ).toBeInTheDocument();
  });

  test("does not say that there is nothing while it still looks, nor when not everything was looked into", async () => {
    const part = { total: 0, total_is_exact: false, unfinished: true, looked_into: 10, candidates: 400 };
    let tell: (whole: unknown) => void = () => undefined;
    const { api } = searching(() => Promise.resolve(result([])));
    Object.assign(api.search, {
      find: (_: SearchQuery, __: number, { patience }: { patience: number }) =>
        patience < 100 ? Promise.resolve(result([], part)) : new Promise((resolve) => (tell = resolve)),
    });
    show(api, "/search?q=alpha&mode=regex");
    expect(await screen.findByText("Loading results")).toBeInTheDocument();
    expect(screen.queryByText(/^Nothing/)).toBeNull();
    await waitFor(() => {
      tell(result([], part));
      expect(screen.getByText("Nothing found yet")).toBeVisible();
    });
    expect(screen.getByText(/Not every file could be looked into in time/)).toBeVisible();
    expect(screen.queryByText(/Nothing has/)).toBeNull();
  });

  test("shows how far the index is while it is filled", async () => {
    const { api } = searching(() => Promise.resolve(result(TWO)));
    Object.assign(api.search, {
      index: () => Promise.resolve({ ...INDEX, state: "indexing", done: 30, total: 120 }),
    });
    show(api, "/search");
    expect(await screen.findByText("Indexing: 30 of 120 files")).toBeVisible();
    expect(screen.getByRole("progressbar", { name: "Index" })).toHaveAttribute("value", "25");
  });
});

describe("the file finder", () => {
  test("opens with Ctrl+P and goes to the file", async () => {
    const api = fakeApi();
    const file = {
      path: "src/shell/router.ts",
      id: fileId("src/shell/router.ts"),
      language: "TypeScript",
      ranges: [[10, 13]],
    };
    const findFiles = vi.fn(() => Promise.resolve({ took_ms: 1, files: [file] }));
    Object.assign(api.search, { findFiles });
    show(api, "/overview");
    const user = userEvent.setup();
    await user.keyboard("{Control>}p{/Control}");
    const finder = await screen.findByTestId("file-finder");
    await user.type(within(finder).getByRole("combobox"), "rou");
    expect(await within(finder).findByText("rou", { selector: "mark" })).toBeVisible();
    await user.keyboard("{Enter}");
    expect(window.location.hash).toBe(`#/files/${file.id}`);
    expect(findFiles.mock.calls.length).toBeGreaterThan(0);
  });

  test("opens with Enter what is found for the letters that are typed, not for those before", async () => {
    const api = fakeApi();
    const file = (path: string) => ({ path, id: fileId(path), language: null, ranges: [] });
    let tell: (path: string) => void = () => undefined;
    Object.assign(api.search, {
      findFiles: (q: string) =>
        q === "new"
          ? new Promise((resolve) => (tell = (path) => resolve({ took_ms: 1, files: [file(path)] })))
          : Promise.resolve({ took_ms: 1, files: [file("old.ts")] }),
    });
    show(api, "/search");
    const user = userEvent.setup();
    await user.keyboard("{Control>}p{/Control}");
    const finder = await screen.findByTestId("file-finder");
    expect(await within(finder).findByText("old.ts")).toBeVisible();
    await user.type(within(finder).getByRole("combobox"), "new{Enter}");
    expect(within(finder).getByRole("option")).toHaveTextContent("old.ts");
    expect(window.location.hash).toBe("#/search");
    tell("new.ts");
    await waitFor(() => expect(window.location.hash).toBe(`#/files/${fileId("new.ts")}`));
  });
});
