/*
 * What the pages compute before anything is drawn: drafts, typed text against stored text, the stream as lines, events
 * in words, values of the database.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byPlace, folded, kindOf, kindsIn, lines, merged, TYPES, type StreamEntry } from "../src/models/activity";
import { errorPlace, laidOut, lifetime, valueRows } from "../src/models/cells";
import { Drafts, type Shelf } from "../src/models/drafts";
import { eventWords } from "../src/models/eventWords";
import { parseTarget } from "../src/models/target";
import { begin, follow, isChanged, overtakenBy } from "../src/models/typed";

function shelf(): Shelf & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

const stored = { title: "Plan", body: "One", version: 3 };

describe("drafts", () => {
  test("come back as they were, per project and text, until they are dropped", () => {
    const place = shelf();
    const drafts = new Drafts("p", "note", place);
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.option(fc.nat()), (title, body, version) => {
        const draft = { title, body, version, at: 1 };
        expect(drafts.keep("n", draft)).toBe(true);
        expect(drafts.read("n")).toEqual(draft);
      }),
    );
    expect(new Drafts("other", "note", place).read("n")).toBeNull();
    expect(new Drafts("p", "task", place).read("n")).toBeNull();
    drafts.drop("n");
    expect(drafts.read("n")).toBeNull();
    expect(place.kept.size).toBe(0);
  });

  test("that cannot be read count as none, and a full storage is told", () => {
    const place = shelf();
    const drafts = new Drafts("p", "note", place);
    for (const wrong of ["{", "[]", '"x"', '{"title":1,"body":"b","version":null,"at":1}']) {
      place.kept.set("workbench:p:draft:note:n", wrong);
      expect(drafts.read("n")).toBeNull();
    }
    const full = new Drafts("p", "note", {
      ...place,
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    });
    expect(full.keep("n", { title: "", body: "x", version: null, at: 1 })).toBe(false);
  });
});

describe("typed text", () => {
  test("begins with the draft, bound to the version that it was made from", () => {
    expect(begin(stored, null)).toEqual({ title: "Plan", body: "One", base: stored, restored: null });
    const draft = { title: "Plan B", body: "Two", version: 2, at: 77 };
    const typed = begin(stored, draft);
    expect(typed).toEqual({ title: "Plan B", body: "Two", base: { ...stored, version: 2 }, restored: 77 });
    expect(overtakenBy(typed, stored)).toEqual(stored);
    expect(begin(stored, { ...draft, title: "Plan", body: "One" }).restored).toBeNull();
  });

  test("follows what is stored only while nothing was typed", () => {
    const newer = { title: "Theirs", body: "Three", version: 4 };
    expect(follow(begin(stored, null), newer).title).toBe("Theirs");
    const typed = { ...begin(stored, null), body: "Mine" };
    expect(isChanged(typed)).toBe(true);
    expect(follow(typed, newer)).toBe(typed);
    expect(overtakenBy(typed, newer)).toBe(newer);
    expect(overtakenBy(typed, stored)).toBeNull();
  });
});

describe("file targets", () => {
  test("are a name and perhaps a line", () => {
    expect(parseTarget(" src/app.ts:12 ")).toEqual({ name: "src/app.ts", line: 12 });
    expect(parseTarget("src/app.ts:")).toEqual({ name: "src/app.ts", line: null });
    expect(parseTarget("src/app.ts:0")).toEqual({ name: "src/app.ts", line: null });
    expect(parseTarget("a:b")).toEqual({ name: "a:b", line: null });
  });
});

const at = (hours: number, minutes = 0) => new Date(2026, 4, 15, hours, minutes).toISOString();
const entry = (id: string, type = "files.changed", moment = at(12)): StreamEntry => ({
  id,
  type,
  at: moment,
  data: {},
});

describe("the stream", () => {
  test("is merged without doubles, newest first, numbers compared as numbers", () => {
    const ids = merged([entry("9-0"), entry("10-0")], [entry("10-0"), entry("10-11"), entry("10-2")]).map((e) => e.id);
    expect(ids).toEqual(["10-11", "10-2", "10-0", "9-0"]);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(99), fc.nat(9))), fc.nat(20), (places, cut) => {
        const entries = places.map(([time, number]) => entry(`${time}-${number}`));
        const got = merged(entries.slice(0, cut), entries.slice(Math.floor(cut / 2)));
        expect(new Set(got.map((e) => e.id))).toEqual(new Set(entries.map((e) => e.id)));
        for (let i = 1; i < got.length; i += 1) {
          expect(byPlace(got[i - 1]?.id ?? "", got[i]?.id ?? "")).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("shows of each index run only its newest progress", () => {
    const run = (...acts: string[]) => acts.map((act, n) => entry(`${9 - n}-0`, `index.${act}`));
    const kept = (...acts: string[]) => folded(run(...acts)).map((e) => e.type.slice(6));
    expect(kept("progress", "progress", "started")).toEqual(["progress", "started"]);
    expect(kept("finished", "progress", "progress", "started")).toEqual(["finished", "started"]);
    expect(kept("progress", "started", "finished", "progress", "started")).toEqual([
      "progress",
      "started",
      "finished",
      "started",
    ]);
  });

  test("does not tell of the look at the folder that a change brings with it", () => {
    const before = new Date(Date.parse(at(12)) - 60_000).toISOString();
    const all = [
      entry("4-0", "overview.refreshed"),
      entry("3-0", "index.finished"),
      entry("2-0"),
      entry("1-0", "overview.refreshed", before),
    ];
    expect(folded(all).map((e) => e.id)).toEqual(["3-0", "2-0", "1-0"]);
  });

  test("has a heading for each hour, in the reader's days", () => {
    const now = new Date(2026, 4, 15, 13, 5).getTime();
    const all = [
      entry("4-0", "files.changed", at(13, 4)),
      entry("3-0", "files.changed", at(13, 1)),
      entry("2-0", "files.changed", at(9)),
      entry("1-0", "files.changed", new Date(2026, 4, 14, 23).toISOString()),
      entry("0-0", "files.changed", new Date(2025, 4, 14, 8).toISOString()),
    ];
    expect(lines(all, now).map((line) => (line.line === "heading" ? line.words : line.key))).toEqual([
      "Today, 13:00 to 14:00",
      "4-0",
      "3-0",
      "Today, 09:00 to 10:00",
      "2-0",
      "Yesterday, 23:00 to 00:00",
      "1-0",
      "Wed, May 14, 2025, 08:00 to 09:00",
      "0-0",
    ]);
  });

  test("is filtered by the kinds of the address", () => {
    for (const [kind, types] of Object.entries(TYPES)) for (const type of types) expect(kindOf(type)).toBe(kind);
    expect(kindsIn("tasks,git,nonsense")).toEqual(["git", "tasks"]);
    expect(kindsIn(null)).toEqual([]);
  });
});

describe("events in words", () => {
  test("name what they are about and lead there", () => {
    const moved = eventWords({ type: "task.moved", data: { id: "t", title: "Paint", column: "done" } });
    expect(moved).toMatchObject({ title: "Task moved to done", about: "Paint", destination: { to: "task", id: "t" } });
    expect(eventWords({ type: "note.deleted", data: { id: "n" } }).destination).toBeNull();
    expect(eventWords({ type: "service.lost", data: { service: "postgres" } })).toMatchObject({
      title: "PostgreSQL stopped answering",
      tone: "bad",
    });
    const changed = eventWords({
      type: "files.changed",
      data: { total: 3, paths: [{ change: "modified", path: "a.ts" }, { change: "deleted", path: "b\ufffd" }, 7] },
    });
    expect(changed.title).toBe("3 files changed");
    expect(changed.files).toEqual([
      { path: "a.ts", id: "YS50cw", change: "changed" },
      { path: "b\ufffd", id: null, change: "deleted" },
    ]);
    expect(
      eventWords({ type: "commit.seen", data: { sha: "0123456789ab", subject: "Begin", author: "Ada" } }),
    ).toMatchObject({ title: "Commit 01234567", about: "Begin · Ada" });
  });

  test("are words for whatever arrives", () => {
    const types = fc.oneof(fc.constantFrom(...Object.values(TYPES).flat()), fc.string());
    fc.assert(
      fc.property(
        types,
        fc.dictionary(fc.constantFrom("id", "title", "paths", "total", "files", "done", "service"), fc.anything()),
        (type, data) => {
          const { title, about } = eventWords({ type, data });
          expect(typeof title).toBe("string");
          expect(about).not.toContain("[object Object]");
        },
      ),
    );
  });
});

describe("values", () => {
  test("are laid out by their shape", () => {
    expect(laidOut('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(laidOut("{not json")).toBe("{not json");
    expect(laidOut("42")).toBe("42");
    expect(valueRows("text")).toBeNull();
    expect(valueRows(["a", { member: "m", score: 1.5 }])).toEqual([
      { name: "0", value: "a" },
      { name: "m", value: "1.5" },
    ]);
    expect(valueRows([{ id: "1-0", fields: { a: "b" } }])).toEqual([{ name: "1-0", value: '{"a":"b"}' }]);
    expect(valueRows({ f: "v" })).toEqual([{ name: "f", value: "v" }]);
    expect([lifetime(null), lifetime(90), lifetime(3599), lifetime(86_400)]).toEqual([
      "for ever",
      "90 s",
      "59 min",
      "24 h",
    ]);
  });

  test("a fault points into its line of the statement, characters counted as the database does", () => {
    expect(errorPlace("select 1", 8)).toEqual({ line: 1, text: "select 1", before: "select " });
    expect(errorPlace("select 🚀,\n  oops\nfrom x", 13)).toEqual({ line: 2, text: "  oops", before: "  " });
    expect(errorPlace("x", 9)).toBeNull();
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (sql, position) => {
        const place = errorPlace(sql, position);
        if (place) expect(place.text.startsWith(place.before)).toBe(true);
      }),
    );
  });
});
