/*
 * What states, times and failures mean in words, order and ways out.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ErrorCode, ProjectState, ServiceState } from "../../src/api";
import { changeOf, checkDraft, draftOf } from "../../src/models/draft";
import { remedies } from "../../src/models/failure";
import * as state from "../../src/models/state";
import { startTimeline, startTook } from "../../src/models/timeline";
import { ago, capitalised, duration, folderName, measured, plural } from "../../src/models/words";
import { healthy, project, service, wireError } from "../sample";

const NOW = 1_764_000_000_000;
const error = wireError();

const PROJECT_STATES: [ProjectState, string, boolean, boolean][] = [
  [{ state: "stopped" }, "stopped", false, false],
  [{ state: "queued", since: NOW }, "waiting", true, false],
  [{ state: "starting", since: NOW, doing: { step: "s", done: null, whole: null } }, "starting", true, false],
  [{ state: "running", since: NOW, health: "healthy" }, "healthy", true, false],
  [{ state: "running", since: NOW, health: "degraded" }, "degraded", true, true],
  [{ state: "running", since: NOW, health: "unhealthy" }, "unhealthy", true, true],
  [{ state: "running", since: NOW, health: "unknown" }, "unknown", true, true],
  [{ state: "stopping", since: NOW }, "stopping", true, false],
  [{ state: "failed", error }, "failed", false, true],
  [{ state: "gave_up", error }, "gave_up", true, true],
];

describe("projects", () => {
  test.each(PROJECT_STATES)("%j is shown as %s", (each, mark, active, attention) => {
    const view = project(each, { now: NOW });
    expect([state.projectMark(view), state.isActive(view), state.needsAttention(view)]).toEqual([
      mark,
      active,
      attention,
    ]);
  });

  test("attention first, then what runs, then the rest, by name with numbers in order", () => {
    const of = (name: string, each: ProjectState) => project(each, { name });
    const list = [
      of("b10", { state: "stopped" }),
      of("b2", { state: "stopped" }),
      of("z", { state: "running", since: 0, health: "healthy" }),
      of("y", { state: "failed", error }),
    ];
    expect(state.inOrder(list).map((each) => each.name)).toEqual(["y", "z", "b2", "b10"]);
  });

  test("ordering loses and doubles nothing and does not depend on the order it is given", () => {
    const views = PROJECT_STATES.map(([each], slot) => project(each, { slot, name: `p${slot % 3}` }));
    fc.assert(
      fc.property(fc.shuffledSubarray(views, { minLength: views.length }), (shuffled) => {
        expect(state.inOrder(shuffled)).toEqual(state.inOrder(views));
      }),
    );
  });

  test("a filter wants every word, in name or path", () => {
    const views = [
      project({ state: "stopped" }, { name: "Shop", path: "/work/a" }),
      project({ state: "stopped" }, { name: "b" }),
    ];
    expect(state.filtered(views, "WORK shop").map((each) => each.name)).toEqual(["Shop"]);
    expect(state.filtered(views, " ")).toHaveLength(2);
  });

  test("the summary counts what runs and what needs attention", () => {
    const views = PROJECT_STATES.map(([each]) => project(each));
    expect(state.summaryWords(state.summarise(views))).toBe("8 running · 5 need attention");
    expect(state.summaryWords({ running: 1, attention: 0 })).toBe("1 running");
    expect(state.summaryWords({ running: 1, attention: 1 })).toBe("1 running · 1 needs attention");
  });

  test("a degraded project names the service and what is wrong", () => {
    const view = project(
      { state: "running", since: NOW, health: "degraded" },
      {
        services: (name, slot) =>
          service(name, slot, {
            state: "running",
            since: NOW,
            health:
              name === "redis"
                ? {
                    health: "degraded",
                    last: { what: "PING answered", at: NOW - 14_000, took_ms: 900 },
                    why: "answered, but took 900 ms",
                  }
                : healthy(name, NOW),
          }),
      },
    );
    expect(state.projectEvidence(view)).toEqual({ words: "redis: answered, but took 900 ms", at: NOW - 14_000 });
  });

  test("a healthy project tells its oldest proof; one that was cut off says so", () => {
    const fine = project({ state: "running", since: NOW, health: "healthy" }, { now: NOW });
    expect(state.projectEvidence(fine)).toEqual({ words: "All four services proven", at: NOW - 2_000 });
    const cut = project({ state: "stopped" }, { change: { was_interrupted: true } });
    expect(state.projectEvidence(cut).words).toContain("Was running");
  });

  test("usage adds up what is measured", () => {
    expect(state.totalUsage(project({ state: "stopped" }))).toBeNull();
    expect(state.totalUsage(project({ state: "running", since: 0, health: "healthy" }))).toMatchObject({
      memory: 277,
      allowed: 4096,
    });
  });
});

const SERVICE_STATES: [ServiceState, string, string][] = [
  [{ state: "stopped" }, "stopped", ""],
  [{ state: "waiting", needs: ["postgres", "redis"] }, "waiting", "Waits for postgres and redis"],
  [{ state: "starting", since: NOW, attempt: 1, needs: [], last_miss: null }, "starting", "Coming up"],
  [{ state: "starting", since: NOW, attempt: 2, needs: [], last_miss: "refused" }, "starting", "Attempt 2. refused"],
  [
    { state: "starting", since: NOW, attempt: 1, needs: ["backend"], last_miss: null },
    "starting",
    "Ready, waits for backend",
  ],
  [{ state: "running", since: NOW, health: healthy("redis", NOW) }, "healthy", "PING answered"],
  [{ state: "pausing", until: NOW, error }, "waiting", `${error.message} It is started again shortly.`],
  [{ state: "stopping" }, "stopping", "Ending"],
  [{ state: "gave_up", error }, "gave_up", error.message],
];

test.each(SERVICE_STATES)("service %j", (each, mark, words) => {
  const view = service("redis", 0, each);
  expect([state.serviceMark(view), state.serviceEvidence(view).words]).toEqual([mark, words]);
});

describe("the start as a picture", () => {
  const starting = (launched: number | null, ready: number | null) =>
    project(
      { state: "starting", since: NOW, doing: { step: "s", done: 0, whole: 4 } },
      {
        services: (name, slot) =>
          service(
            name,
            slot,
            ready === null
              ? { state: "starting", since: NOW, attempt: 1, needs: [], last_miss: null }
              : { state: "running", since: NOW, health: healthy(name, NOW) },
            { launched_at: launched, ready_at: ready },
          ),
      },
    );

  test("bars run from launch to proof on one scale", () => {
    const timeline = startTimeline(starting(NOW + 500, NOW + 1_500), NOW + 2_000);
    expect(timeline).toMatchObject({ total: 2_000, ready: 4 });
    expect(timeline?.bars[0]).toEqual({ service: "postgres", from: 0.25, to: 0.75, took: 1_000, done: true });
  });

  test("what is not launched, or was launched by an earlier start, has no bar", () => {
    expect(startTimeline(starting(null, null), NOW + 100)?.bars[0]?.took).toBeNull();
    expect(startTimeline(starting(NOW - 5_000, null), NOW + 100)?.bars[0]?.took).toBeNull();
  });

  test("whatever the times, a bar lies inside the picture", () => {
    const offset = fc.integer({ min: -5_000, max: 100_000 });
    fc.assert(
      fc.property(offset, fc.option(offset), offset, (launched, ready, now) => {
        for (const bar of startTimeline(starting(NOW + launched, ready === null ? null : NOW + ready), NOW + now)
          ?.bars ?? []) {
          expect(bar.from).toBeGreaterThanOrEqual(0);
          expect(bar.to).toBeLessThanOrEqual(1);
          expect(bar.took ?? 0).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test("what a start took is told only while it is the start's doing", () => {
    const up = (restarts: number) =>
      project(
        { state: "running", since: NOW, health: "healthy" },
        {
          services: (name, slot) =>
            service(
              name,
              slot,
              { state: "running", since: NOW, health: healthy(name, NOW) },
              {
                launched_at: NOW + 10,
                ready_at: NOW + 510,
                restarts,
              },
            ),
        },
      );
    expect(startTook(up(0))).toBe(500);
    expect(startTook(up(1))).toBeNull();
    expect(startTook(project({ state: "stopped" }))).toBeNull();
  });
});

describe("failures", () => {
  test("a held port offers the free one first", () => {
    const offer = { service: "postgres", held: 5433, free: 5437 } as const;
    expect(remedies(wireError({ code: "PORT_HELD", offer }))[0]).toEqual({ kind: "use_port", offer });
    expect(remedies(wireError({ code: "PORT_HELD" }))[0]).toEqual({ kind: "retry" });
  });

  test.each<[ErrorCode, string[]]>([
    ["SERVICE_EXITED", ["retry", "open_log"]],
    ["COMPONENT_MISSING", ["retry", "doctor", "open_log"]],
    ["PATH_MISSING", ["retry", "remove"]],
    ["CONFIG_INVALID", ["settings", "retry"]],
    ["STORE_TOO_NEW", ["open_log"]],
  ])("%s leads to %j", (code, kinds) => {
    expect(remedies(wireError({ code, retryable: false })).map((each) => each.kind)).toEqual(kinds);
  });
});

describe("settings being edited", () => {
  const view = project({ state: "stopped" });

  test("nothing changed is nothing to send", () => {
    expect(changeOf(view, draftOf(view))).toBeNull();
    expect(checkDraft(draftOf(view))).toEqual({});
  });

  test("only what differs is sent", () => {
    const draft = draftOf(view);
    draft.name = " new name ";
    draft.ports.redis = "6400";
    draft.memory.backend = "2048";
    draft.autostart = true;
    expect(changeOf(view, draft)).toEqual({
      project: view.id,
      name: "new name",
      autostart: true,
      ports: { redis: 6400 },
      limits: { backend: { cpu: 1, memory_mb: 2048 } },
    });
  });

  test.each([
    ["ports.redis", (draft: ReturnType<typeof draftOf>) => (draft.ports.redis = "80")],
    ["ports.redis", (draft: ReturnType<typeof draftOf>) => (draft.ports.redis = "6379.5")],
    ["ports.redis", (draft: ReturnType<typeof draftOf>) => (draft.ports.redis = "5432")],
    ["cpu.backend", (draft: ReturnType<typeof draftOf>) => (draft.cpu.backend = "")],
    ["cpu.backend", (draft: ReturnType<typeof draftOf>) => (draft.cpu.backend = "0.01")],
    ["memory.backend", (draft: ReturnType<typeof draftOf>) => (draft.memory.backend = "12")],
    ["name", (draft: ReturnType<typeof draftOf>) => (draft.name = "  ")],
    ["name", (draft: ReturnType<typeof draftOf>) => (draft.name = "x".repeat(101))],
  ])("a wrong %s is told beside its field", (field, spoil) => {
    const draft = draftOf(view);
    spoil(draft);
    expect(checkDraft(draft)[field]).toBeTruthy();
  });
});

describe("words", () => {
  test.each([
    [0, "just now"],
    [-5_000, "just now"],
    [2_400, "2 s ago"],
    [60_000, "1 min ago"],
    [7_200_000, "2 h ago"],
    [200_000_000, "2 d ago"],
  ])("%d ms is %s", (age, words) => {
    expect(ago(NOW - age, NOW)).toBe(words);
  });

  test.each([
    [140, "0.14 s"],
    [12_340, "12.3 s"],
    [61_000, "1 min 1 s"],
  ])("%d ms measured is %s", (time, words) => {
    expect(measured(time)).toBe(words);
  });

  test("counts, names and sentences", () => {
    expect([plural(1, "line"), plural(1_200, "line")]).toEqual(["1 line", "1,200 lines"]);
    expect([folderName("/a/b/"), folderName("C:\\x\\y"), folderName("/")]).toEqual(["b", "y", "/"]);
    expect([capitalised("its page answered"), capitalised("/health ok"), capitalised("redis: slow")]).toEqual([
      "Its page answered",
      "/health ok",
      "redis: slow",
    ]);
    expect(duration(999)).toBe("");
  });
});
