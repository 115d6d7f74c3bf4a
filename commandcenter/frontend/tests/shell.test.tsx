/*
 * The frame: addresses, keys, commands, themes. Whatever page is shown, the keyboard reaches everything.
 */
import { QueryClient, QueryClientProvider, QueryObserver } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import fc from "fast-check";
import { Suspense } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { App } from "../src/App";
import { AFFECTS, keepFresh } from "../src/api/freshness";
import { fileId, parentIds } from "../src/api/ids";
import type { Entry } from "../src/api/live";
import { CommandRegistry, CommandsProvider, useCommands, type Command } from "../src/shell/commands";
import { KeyboardLayer, chordOf } from "../src/shell/keyboard";
import { loadedLater } from "../src/shell/loadedLater";
import { PreferenceStore, nextTheme } from "../src/shell/preferences";
import { Router, above, hrefTo, parseRoute } from "../src/shell/router";
import { keysByGroup } from "../src/shell/ShortcutSheet";
import { BeforePaint, ToldEvents, fakeApi } from "./fakeApi";
import { fakeBackend, open } from "./fakeBackend";

describe("the palette", () => {
  test("looks for a file, or in all files, with words that are no command's", async () => {
    const backend = fakeBackend();
    open(backend, "activity");
    const user = userEvent.setup();
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox", { name: "Search commands" }), "till");
    await user.keyboard("{Enter}");
    expect(await screen.findByRole("combobox", { name: "Search files" })).toHaveValue("till");
    expect(await screen.findByRole("option", { name: /src\/till.ts/ })).toBeVisible();
    await user.keyboard("{Escape}{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox", { name: "Search commands" }), "till");
    await user.keyboard("{ArrowDown}{Enter}");
    expect(window.location.hash).toBe("#/search?q=till");
    await user.keyboard("{Control>}p{/Control}");
    expect(await screen.findByRole("combobox", { name: "Search files" })).toHaveValue("");
  });
});

describe("addresses", () => {
  test("come back as they were written, whatever is in them", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, fc.option(text), fc.option(text), (page, id, line) => {
        const route = parseRoute(hrefTo(page, id, { line }));
        expect([route.page, route.id, route.params.get("line")]).toEqual([page, id, line]);
      }),
    );
  });

  test("typed by hand never break the page", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseRoute(text).page === "string"));
    expect(parseRoute("#/files/%E0%A4%A")).toMatchObject({ page: "files", id: "%E0%A4%A" });
  });

  test("leave out what is empty, and know what is above them", () => {
    expect(hrefTo("search", null, { q: "", mode: "regex", case: false })).toBe("#/search?mode=regex");
    expect(above(parseRoute("#/files/abc?line=3"))).toBe("#/files/abc");
    expect(above(parseRoute("#/files/abc"))).toBe("#/files");
    expect(above(parseRoute("#/search?q=a"))).toBeNull();
  });

  test("are followed, and replaced without a step back", () => {
    window.location.hash = "/overview";
    const router = new Router(window);
    const close = router.open();
    const hear = vi.fn();
    router.subscribe(hear);
    router.go("#/search?q=a");
    const steps = window.history.length;
    router.replace("#/search?q=ab");
    router.replace("#/search?q=ab");
    expect(router.get().params.get("q")).toBe("ab");
    expect(window.history.length).toBe(steps);
    expect(hear).toHaveBeenCalledTimes(2);
    close();
  });
});

describe("ids of files", () => {
  test("name the folders a file lies in", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[^/\0]{1,8}$/u), { minLength: 1, maxLength: 5 }), (parts) => {
        const paths = parts.map((_, i) => parts.slice(0, i + 1).join("/"));
        expect(parentIds(fileId(paths.at(-1) ?? ""))).toEqual(paths.slice(0, -1).map(fileId));
      }),
    );
  });

  test("that are none have no folders", () => {
    expect(parentIds("not an id!")).toEqual([]);
  });
});

function press(key: string, more: KeyboardEventInit = {}, target: EventTarget = document.body) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return event;
}

describe("the keyboard", () => {
  const ran: string[] = [];
  const command = (keys: string): Command => ({ id: keys, title: keys, group: "", keys, run: () => ran.push(keys) });
  let close = () => {};

  beforeEach(() => {
    ran.length = 0;
    const registry = new CommandRegistry();
    registry.put(Symbol(), ["Mod+K", "?", "g s", "g f", "s", "Esc", "Mod+Shift+P"].map(command));
    close = new KeyboardLayer(registry).open(window);
  });
  afterEach(() => close());

  test("runs single keys, keys with modifiers and sequences", () => {
    press("k", { ctrlKey: true });
    press("K", { metaKey: true });
    press("?", { shiftKey: true });
    press("g");
    press("s");
    press("s");
    press("P", { ctrlKey: true, shiftKey: true });
    expect(ran).toEqual(["Mod+K", "Mod+K", "?", "g s", "s", "Mod+Shift+P"]);
  });

  test("begins anew with a key that does not go on with a sequence", () => {
    press("g");
    press("g");
    press("f");
    press("x");
    press("g");
    press("?");
    expect(ran).toEqual(["g f", "?"]);
  });

  test("forgets a sequence that is not gone on with", () => {
    vi.useFakeTimers();
    press("g");
    vi.advanceTimersByTime(5000);
    press("s");
    vi.useRealTimers();
    expect(ran).toEqual(["s"]);
  });

  test("leaves letters to fields, and keys to whoever used them first", () => {
    const field = document.body.appendChild(document.createElement("input"));
    press("s", {}, field);
    press("k", { ctrlKey: true }, field);
    field.addEventListener("keydown", (event) => event.preventDefault());
    press("k", { ctrlKey: true }, field);
    field.remove();
    expect(ran).toEqual(["Mod+K"]);
  });

  test("names no key for a modifier alone", () => {
    expect(chordOf({ key: "Shift", ctrlKey: false, metaKey: false, altKey: false, shiftKey: true })).toBeNull();
  });
});

test("keys are heard from the first paint on", async () => {
  const config = { apiBaseUrl: "http://127.0.0.1:1", token: "t", projectName: "shop", projectId: "p" };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <BeforePaint run={() => press("?")}>
        <App api={fakeApi()} live={new ToldEvents()} config={config} />
      </BeforePaint>
    </QueryClientProvider>,
  );
  expect(await screen.findByRole("dialog", { name: "Shortcuts" })).toBeVisible();
});

test("a page that was loaded before is there at once, without a word that it is loading", async () => {
  const { Page, load } = loadedLater<object>(() => Promise.resolve(() => <p>Here</p>));
  const drawn = () =>
    renderToString(
      <Suspense fallback="Loading">
        <Page />
      </Suspense>,
    );
  expect(drawn()).toContain("Loading");
  await load();
  expect(drawn()).toContain("Here");
});

describe("commands", () => {
  function Offer({ title, run, keys }: { title: string; run: () => void; keys?: string }) {
    useCommands([{ id: title, title, group: "Here", keys, run }]);
    return null;
  }

  test("of the page come before those of the frame, run what is newest, and go with their page", async () => {
    const registry = new CommandRegistry();
    const close = new KeyboardLayer(registry).open(window);
    const first = vi.fn();
    const second = vi.fn();
    const frame = vi.fn();
    registry.put(Symbol(), [{ id: "frame", title: "Frame", group: "Everywhere", keys: "x", run: frame }]);
    const show = (run: () => void) => (
      <CommandsProvider value={registry}>
        <Offer title="Page" keys="x" run={run} />
      </CommandsProvider>
    );
    const { rerender, unmount } = render(show(first));
    rerender(show(second));
    const user = userEvent.setup();
    await user.keyboard("x");
    expect([first, second, frame].map((one) => one.mock.calls.length)).toEqual([0, 1, 0]);
    expect(keysByGroup(registry.all()).map(([group, all]) => [group, all.map((one) => one.title)])).toEqual([
      ["Here", ["Page"]],
    ]);
    unmount();
    await user.keyboard("x");
    expect(frame).toHaveBeenCalledOnce();
    expect(screen.queryByText("Page")).toBeNull();
    close();
  });
});

describe("the theme", () => {
  test("is applied, remembered, and read back; a broken storage changes nothing", () => {
    const saved = new Map<string, string>();
    const storage = {
      getItem: (key: string) => saved.get(key) ?? null,
      setItem: (k: string, v: string) => void saved.set(k, v),
    };
    const root = document.createElement("html");
    new PreferenceStore(storage, root).change({ theme: "dark" });
    expect(root.dataset.theme).toBe("dark");
    const again = new PreferenceStore(storage, root);
    expect(again.get().theme).toBe("dark");
    again.change({ theme: nextTheme("dark") });
    expect(root.dataset.theme).toBeUndefined();
    saved.set([...saved.keys()][0] ?? "", "{");
    expect(new PreferenceStore(storage, root).get().theme).toBe("system");
    expect(new PreferenceStore(null, root).get().theme).toBe("system");
  });
});

describe("events", () => {
  const event = (type: string) => ({ type, at: "", data: {}, id: "1" }) as unknown as Entry;
  let hear: (event: Entry) => void = () => undefined;
  const told = { onEvent: (listener: (event: Entry) => void) => ((hear = listener), () => undefined) };

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("ask once again for what a storm of them made old, and for nothing else", () => {
    const queries = new QueryClient();
    const asked = vi.spyOn(queries, "invalidateQueries");
    const close = keepFresh(told, queries);
    for (let i = 0; i < 1000; i += 1) hear(event("files.changed"));
    hear(event("note.created"));
    hear(event("service.lost"));
    vi.advanceTimersByTime(1000);
    const topics = asked.mock.calls.map(([filter]) => (filter?.queryKey ?? [])[0]);
    expect(new Set(topics)).toEqual(new Set([...(AFFECTS["files.changed"] ?? []), ...(AFFECTS["note.created"] ?? [])]));
    expect(topics.length).toBe(new Set(topics).size);
    close();
  });

  /** A question whose answers are given by hand, as a page asks it. */
  function asking(queries: QueryClient) {
    const answers: ((value: string) => void)[] = [];
    const observer = new QueryObserver(queries, {
      queryKey: ["overview"],
      queryFn: ({ signal }) => {
        calledOff.push(signal);
        return new Promise<string>((resolve) => answers.push(resolve));
      },
    });
    const calledOff: AbortSignal[] = [];
    const answer = async (value: string) => {
      answers.at(-1)?.(value);
      await vi.advanceTimersByTimeAsync(0);
    };
    const end = observer.subscribe(() => undefined);
    return { answers, calledOff, answer, end, read: () => queries.getQueryData(["overview"]) };
  }

  test("that come while something is read for the first time have it read once more", async () => {
    const queries = new QueryClient();
    const { answers, answer, end, read } = asking(queries);
    const close = keepFresh(told, queries);
    for (const type of ["files.changed", "overview.refreshed"]) {
      hear(event(type));
      await vi.advanceTimersByTimeAsync(2000);
    }
    expect(answers).toHaveLength(1);
    await answer("from before the change");
    expect(read()).toBe("from before the change");
    expect(answers).toHaveLength(2);
    await answer("from after it");
    expect(read()).toBe("from after it");
    await vi.advanceTimersByTimeAsync(5000);
    expect(answers).toHaveLength(2);
    close();
    end();
  });

  test("have what could not be read asked for at once, not when its next try is due", async () => {
    const queries = new QueryClient({ defaultOptions: { queries: { retry: true, retryDelay: 60_000 } } });
    const answers = [() => Promise.resolve("first"), () => Promise.reject(new Error("away"))];
    const ask = vi.fn(() => answers.shift()?.() ?? Promise.resolve("back"));
    const end = new QueryObserver(queries, { queryKey: ["overview"], queryFn: ask }).subscribe(() => undefined);
    const close = keepFresh(told, queries);
    await vi.advanceTimersByTimeAsync(0);
    for (const type of ["files.changed", "backend.started"]) {
      hear(event(type));
      await vi.advanceTimersByTimeAsync(2000);
    }
    expect(queries.getQueryData(["overview"])).toBe("back");
    expect(ask).toHaveBeenCalledTimes(3);
    close();
    end();
  });

  test("that go on and on call nothing off that is being read, however slow it is", async () => {
    const queries = new QueryClient();
    const { answers, calledOff, answer, end, read } = asking(queries);
    const close = keepFresh(told, queries);
    await answer("first");
    for (let second = 0; second < 10; second += 1) {
      hear(event("files.changed"));
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(answers).toHaveLength(2);
    expect(calledOff.map((signal) => signal.aborted)).toEqual([false, false]);
    await answer("second");
    expect(read()).toBe("second");
    expect(answers).toHaveLength(3);
    close();
    end();
  });
});
