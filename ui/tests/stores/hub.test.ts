/*
 * The Hub's state as the UI holds it: snapshots and events, rows before answers, actions once each.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProjectView } from "../../src/api";
import { HubError } from "../../src/host/error";
import type { Update } from "../../src/host/types";
import { fold, HubStore, type HubState, type Notice } from "../../src/stores/hub";
import { FakeHost } from "../fakeHost";
import { project, wireError } from "../sample";

function open() {
  const host = new FakeHost();
  const notices: Notice[] = [];
  const hub = new HubStore(host, (notice) => notices.push(notice));
  hub.open();
  host.snapshot([]);
  return { host, hub, notices };
}

const shop = () => project({ state: "stopped" }, { name: "shop" });

describe("snapshots and events", () => {
  test("any run of changes leaves what applying them to a map leaves", () => {
    const change = fc.record({ slot: fc.integer({ min: 0, max: 4 }), gone: fc.boolean(), again: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const base: HubState = {
          connection: "live",
          lostBecause: null,
          hub: null,
          projects: [],
          adding: [],
          busy: new Map(),
        };
        let held = { state: base, seq: 0 };
        const wanted = new Map<string, ProjectView>();
        changes.forEach(({ slot, gone, again }, index) => {
          const view = project({ state: "stopped" }, { slot, now: index });
          const update: Update = {
            kind: "event",
            event: {
              seq: index + 1,
              change: gone ? { kind: "removed", id: view.id } : { kind: "project", project: view },
            },
          };
          held = fold(held.state, held.seq, update);
          // A change that comes twice counts once.
          if (again) held = fold(held.state, held.seq, update);
          if (gone) wanted.delete(view.id);
          else wanted.set(view.id, view);
        });
        expect(new Map(held.state.projects.map((each) => [each.id, each]))).toEqual(wanted);
      }),
    );
  });

  test("losing the Hub keeps the last state and says why; a snapshot replaces it", () => {
    const { host, hub } = open();
    host.change(shop());
    host.push({ kind: "lost", reason: wireError({ code: "UNAUTHORIZED" }) });
    expect(hub.get()).toMatchObject({ connection: "lost", lostBecause: { code: "UNAUTHORIZED" } });
    expect(hub.get().projects).toHaveLength(1);
    host.snapshot([]);
    expect(hub.get()).toMatchObject({ connection: "live", lostBecause: null, projects: [] });
  });
});

describe("adding folders", () => {
  test("the row is there before the Hub has answered, and does not blink when it answers", async () => {
    const { host, hub } = open();
    let answer: (view: ProjectView) => void = () => undefined;
    host.on("add", () => new Promise<ProjectView>((resolve) => (answer = resolve)));
    const adding = hub.add(["/home/ada/shop"]);
    expect(hub.get().adding).toMatchObject([{ name: "shop", path: "/home/ada/shop", error: null }]);
    await Promise.resolve();
    answer(shop());
    await adding;
    expect(hub.get().adding).toEqual([]);
    expect(hub.get().projects.map((each) => each.name)).toEqual(["shop"]);
    host.change(shop());
    expect(hub.get().projects).toHaveLength(1);
  });

  test("a refused folder says why and does not hold up the others", async () => {
    const { host, hub } = open();
    host.on("add", ({ path }) => {
      if (path === "/gone") throw new HubError(wireError({ code: "PATH_MISSING", message: "Nothing is at /gone." }));
      return shop();
    });
    await hub.add(["/gone", "/home/ada/shop"]);
    expect(hub.get().adding).toMatchObject([{ path: "/gone", error: { code: "PATH_MISSING" } }]);
    expect(hub.get().projects).toHaveLength(1);
    hub.dismiss(hub.get().adding[0]?.key ?? -1);
    expect(hub.get().adding).toEqual([]);
  });

  test("a folder that is there already points to its project", async () => {
    const { host, hub, notices } = open();
    host.refuse("add", wireError({ code: "PATH_ALREADY_REGISTERED", project: "p1" }));
    await hub.add(["/home/ada/shop"]);
    expect(notices).toEqual([{ kind: "already_registered", project: "p1" }]);
    expect(hub.get().adding).toEqual([]);
  });
});

describe("actions", () => {
  test("a second press while one is under way sends nothing", async () => {
    const { host, hub } = open();
    let answer: (view: ProjectView) => void = () => undefined;
    host.on("start", () => new Promise<ProjectView>((resolve) => (answer = resolve)));
    const first = hub.start("p1");
    expect(hub.get().busy.get("p1")).toBe("start");
    expect(await hub.start("p1")).toBe(false);
    answer(shop());
    expect(await first).toBe(true);
    expect(host.calls.filter((call) => call.command === "start")).toHaveLength(1);
    expect(hub.get().busy.size).toBe(0);
  });

  test("a failed action is told once and frees the button", async () => {
    const { host, hub, notices } = open();
    host.refuse("stop", wireError({ code: "SERVICE_NOT_ENDING" }));
    expect(await hub.stop("p1")).toBe(false);
    expect(notices).toMatchObject([{ kind: "failed", error: { code: "SERVICE_NOT_ENDING" } }]);
    expect(hub.get().busy.size).toBe(0);
  });

  test("restarting one service names it and leaves the project's own button alone", async () => {
    const { host, hub } = open();
    host.on("restart", () => shop());
    const done = hub.restart("p1", "redis");
    expect([...hub.get().busy]).toEqual([["p1/redis", "restart"]]);
    await done;
    expect(host.calls.at(-1)).toEqual({ command: "restart", params: { project: "p1", service: "redis" } });
  });

  test("taking an offered port sets it, then starts", async () => {
    const { host, hub } = open();
    host.on("set", () => shop()).on("start", () => shop());
    await hub.usePort("p1", "postgres", 5437);
    expect(host.calls).toEqual([
      { command: "set", params: { project: "p1", ports: { postgres: 5437 } } },
      { command: "start", params: { project: "p1" } },
    ]);
  });

  test("a removal that could not delete everything is one, and what is left is told", async () => {
    const { host, hub, notices } = open();
    const view = shop();
    host.snapshot([view]);
    const error = wireError({ code: "ENGINE_UNAVAILABLE" });
    host.on("remove", () => ({ left: [error] }));
    expect(await hub.remove(view.id)).toBe(true);
    expect(notices).toEqual([{ kind: "failed", error }]);
  });
});
