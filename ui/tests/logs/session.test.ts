/*
 * A log session without pixels: one paint per frame, following and pausing, searching, clearing.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LogSession, type Surface } from "../../src/logs/session";
import { FakeHost } from "../fakeHost";
import { logLine } from "../sample";

let frames: FrameRequestCallback[] = [];
const paints: number[] = [];
const revealed: number[] = [];
const surface: Surface = {
  paint: (dropped) => paints.push(dropped),
  reveal: (line) => revealed.push(line),
};

function frame(): void {
  const due = frames;
  frames = [];
  for (const each of due) each(0);
}

function open(options: { lines?: number; only?: "redis" } = {}) {
  const host = new FakeHost();
  const limits = { lines: options.lines ?? 1000, characters: 1_000_000 };
  const session = new LogSession(host, "shop", { wrap: false, timestamps: false, only: options.only, limits });
  return { host, session, close: session.open(surface) };
}

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => logLine(from + index, `line ${from + index}`));

beforeEach(() => {
  frames = [];
  paints.length = 0;
  revealed.length = 0;
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
  vi.stubGlobal("cancelAnimationFrame", () => (frames = []));
});

afterEach(() => vi.unstubAllGlobals());

describe("LogSession", () => {
  test("a hundred batches in one frame are painted once", () => {
    const { host, session } = open();
    for (let batch = 0; batch < 100; batch += 1) host.lines({ lines: lines(batch * 5 + 1, batch * 5 + 5), missed: 0 });
    expect(paints).toEqual([]);
    frame();
    expect(paints).toEqual([0]);
    expect(session.status.get()).toMatchObject({ shown: 500, loading: false, unseen: 0, follow: true });
    frame();
    expect(paints).toHaveLength(1);
  });

  test("while paused it counts what came, and following clears the count", () => {
    const { host, session } = open();
    host.lines({ lines: lines(1, 10), missed: 0 });
    frame();
    session.setFollow(false);
    host.lines({ lines: lines(11, 17), missed: 0 });
    frame();
    expect(session.status.get().unseen).toBe(7);
    session.setFollow(true);
    frame();
    expect(session.status.get()).toMatchObject({ unseen: 0, follow: true });
  });

  test("closing ends the stream and paints no more", () => {
    const { host, session, close } = open();
    host.lines({ lines: lines(1, 2), missed: 0 });
    close();
    frame();
    session.invalidate();
    frame();
    expect(paints).toEqual([]);
    expect(host.followers).toBe(0);
  });

  test("lines that were passed over leave a divider", () => {
    const { host, session } = open();
    host.lines({ lines: lines(5, 5), missed: 1234 });
    frame();
    expect(session.text()).toBe("1,234 lines came too fast to show; the downloaded log has them\nbackend   line 5");
  });

  test("searching lands on the newest hit and steps around the ends", () => {
    const { host, session } = open();
    host.lines({
      lines: [logLine(1, "an error"), logLine(2, "fine"), logLine(3, "error"), logLine(4, "Error")],
      missed: 0,
    });
    frame();
    session.find({ text: "error" });
    expect(session.status.get()).toMatchObject({ hits: 3, currentHit: 3 });
    expect(revealed.at(-1)).toBe(3);
    session.step(1);
    expect(session.status.get().currentHit).toBe(1);
    session.step(-1);
    expect(session.status.get().currentHit).toBe(3);
    session.step(-1);
    expect(session.status.get().currentHit).toBe(2);
    session.find({ matchCase: true });
    expect(session.status.get()).toMatchObject({ hits: 2, currentHit: 2 });
    session.find({ text: "(", regex: true });
    expect(session.status.get().findError).not.toBeNull();
  });

  test("the hit in focus stays in focus while old lines go", () => {
    const { host, session } = open({ lines: 4 });
    host.lines({ lines: [1, 2, 3, 4].map((seq) => logLine(seq, `hit ${seq}`)), missed: 0 });
    frame();
    session.find({ text: "hit" });
    session.step(-1);
    expect(session.status.get().currentHit).toBe(3);
    host.lines({ lines: [5, 6].map((seq) => logLine(seq, `hit ${seq}`)), missed: 0 });
    frame();
    expect(session.status.get()).toMatchObject({ hits: 4, currentHit: 1 });
    host.lines({ lines: [7].map((seq) => logLine(seq, `hit ${seq}`)), missed: 0 });
    frame();
    expect(session.status.get()).toMatchObject({ hits: 4, currentHit: 0 });
  });

  test("only matching lines, one service alone, all again", () => {
    const { host, session } = open();
    host.lines({
      lines: [logLine(1, "a", { service: "redis" }), logLine(2, "b"), logLine(3, "ab", { service: "redis" })],
      missed: 0,
    });
    session.find({ text: "b" });
    session.setOnlyHits(true);
    frame();
    expect(session.text()).toBe("backend   b\nredis     ab");
    session.solo("redis");
    frame();
    expect(session.text()).toBe("redis     ab");
    session.solo("redis");
    session.setOnlyHits(false);
    frame();
    expect(session.status.get()).toMatchObject({ shown: 3, hidden: new Set() });
  });

  test("opened for one service it shows that one; hiding the last shows all", () => {
    const { session } = open({ only: "redis" });
    expect([...session.status.get().hidden]).toEqual(["postgres", "backend", "frontend"]);
    session.toggle("redis");
    expect(session.status.get().hidden.size).toBe(0);
  });

  test("clearing the view deletes nothing", () => {
    const { host, session } = open();
    host.lines({ lines: lines(1, 3), missed: 0 });
    session.clear();
    host.lines({ lines: lines(4, 4), missed: 0 });
    frame();
    expect(session.text()).toBe("backend   line 4");
    session.unclear();
    frame();
    expect(session.status.get()).toMatchObject({ shown: 4, cleared: false });
  });
});
