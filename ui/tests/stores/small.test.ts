/*
 * Route, preferences, clock and the store itself.
 */
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Clock } from "../../src/stores/clock";
import { PREFERENCES_KEY, PreferenceStore } from "../../src/stores/preferences";
import { formatRoute, parseRoute, RouteStore, TABS, type Route } from "../../src/stores/route";
import { Store } from "../../src/stores/store";

describe("routes", () => {
  test("every route survives the address bar", () => {
    const route: fc.Arbitrary<Route> = fc.oneof(
      fc.constantFrom<Route>({ page: "projects" }, { page: "settings" }, { page: "doctor" }),
      fc.record({
        page: fc.constant("project" as const),
        id: fc.string({ minLength: 1 }),
        tab: fc.constantFrom(...TABS),
      }),
      fc.record({
        page: fc.constant("project" as const),
        id: fc.stringMatching(/^[a-z][a-z0-9]{7,31}$/),
        tab: fc.constantFrom(...TABS),
        service: fc.constantFrom("postgres" as const, "redis" as const, "backend" as const, "frontend" as const),
      }),
    );
    fc.assert(
      fc.property(route, (each) => {
        expect(parseRoute(formatRoute(each))).toEqual(each);
      }),
    );
  });

  test.each(["", "#", "#/nowhere", "#/projects/", "#token"])("%j leads to the list", (fragment) => {
    expect(parseRoute(fragment)).toEqual({ page: "projects" });
  });

  test("a malformed address is taken as it stands", () => {
    expect(parseRoute("#/projects/%")).toEqual({ page: "project", id: "%", tab: "overview" });
  });

  test("an unknown tab or service is left out", () => {
    expect(parseRoute("#/projects/abc/nothing?service=mysql")).toEqual({ page: "project", id: "abc", tab: "overview" });
  });

  test("going up leads to the overview, then to the list", () => {
    const store = new RouteStore(window);
    store.go({ page: "project", id: "abc", tab: "logs" });
    store.up();
    expect(store.get()).toMatchObject({ tab: "overview" });
    store.up();
    store.up();
    expect(store.get()).toEqual({ page: "projects" });
  });
});

describe("preferences", () => {
  test("a forced theme is on the page at once and after a restart", () => {
    const root = document.createElement("html");
    new PreferenceStore(localStorage, root).change({ theme: "dark", logWrap: false });
    expect(root.dataset.theme).toBe("dark");
    const next = document.createElement("html");
    const again = new PreferenceStore(localStorage, next);
    expect([next.dataset.theme, again.get().logWrap]).toEqual(["dark", false]);
    again.change({ theme: "system" });
    expect(next.dataset.theme).toBeUndefined();
  });

  test.each(["", "null", "[]", "{", '{"theme":"pink","logWrap":1}'])("%j in storage means the defaults", (saved) => {
    localStorage.setItem(PREFERENCES_KEY, saved);
    const store = new PreferenceStore(localStorage, document.createElement("html"));
    expect(store.get()).toEqual({ theme: "system", logWrap: true, logTimestamps: false });
  });

  test("a web view that refuses storage still takes the choice", () => {
    const refuse = () => {
      throw new Error("refused");
    };
    const store = new PreferenceStore({ getItem: refuse, setItem: refuse }, document.createElement("html"));
    store.change({ theme: "light" });
    expect(store.get().theme).toBe("light");
  });
});

describe("clock", () => {
  afterEach(() => void vi.useRealTimers());

  test("ticks only while somebody looks at a visible window", () => {
    vi.useFakeTimers();
    let changed = () => undefined as unknown;
    const page = {
      hidden: false,
      addEventListener: (_: string, listener: () => void) => {
        changed = listener;
      },
    };
    const clock = new Clock(page as Pick<Document, "hidden" | "addEventListener">);
    expect(vi.getTimerCount()).toBe(0);
    const end = clock.subscribe(() => undefined);
    expect(vi.getTimerCount()).toBe(1);
    const before = clock.get();
    vi.advanceTimersByTime(3_000);
    expect(clock.get() - before).toBe(3_000);
    page.hidden = true;
    changed();
    expect(vi.getTimerCount()).toBe(0);
    page.hidden = false;
    changed();
    end();
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("a store tells its listeners of changes only", () => {
  const store = new Store({ a: 1, b: 2 });
  const told = vi.fn();
  const end = store.subscribe(told);
  store.patch({ a: 1 });
  expect(told).not.toHaveBeenCalled();
  store.patch({ a: 2 });
  expect(store.get()).toEqual({ a: 2, b: 2 });
  end();
  store.patch({ a: 3 });
  expect(told).toHaveBeenCalledOnce();
});
