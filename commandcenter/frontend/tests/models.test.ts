/*
 * What the pages compute before anything is drawn: drafts, typed text against stored text, the stream as lines, events
 * in words, values of the database.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byPlace, folded, kindOf, kindsIn, lines, merged, TYPES, type StreamEntry } from "../src/models/activity";
import { errorPlace, laidOut, lifetime, valueRows } from "../src/models/cells";
import { Drafts, NEW, type Shelf } from "../src/models/drafts";
import { eventWords } from "../src/models/eventWords";
import { parseTarget } from "../src/models/target";
import {
  changed,
  insisted,
  isOvertaken,
  leftOf,
  settled,
  shown,
  versionToSend,
  type Draft,
  type Text,
} from "../src/models/typed";

class Box implements Shelf {
  readonly kept = new Map<string, string>();

  get length() {
    return this.kept.size;
  }

  key = (place: number) => [...this.kept.keys()][place] ?? null;
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

interface Fields extends Text {
  labels: string[];
}

const stored = { title: "Plan", body: "One", labels: ["a"], version: 3 };
const draftsIn = (shelf: Shelf | null, tab = "t1", project = "p", kind: "note" | "task" = "note") =>
  new Drafts<Fields>(project, kind, tab, shelf);

describe("drafts", () => {
  test("come back as they were, per project and record, until they are dropped", () => {
    const box = new Box();
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.array(fc.string()), (title, body, labels) => {
        const drafts = draftsIn(box);
        drafts.change("n", stored, { title, body, labels });
        expect(drafts.keeps).toBe(true);
        const again = draftsIn(box);
        expect(again.open("n")).toEqual(drafts.read("n"));
        expect(shown(stored, again.read("n"))).toEqual({ title, body, labels, version: 3 });
        expect(draftsIn(box, "t1", "other").open("n")).toBeNull();
        expect(draftsIn(box, "t1", "p", "task").open("n")).toBeNull();
        again.drop("n");
        expect(box.kept.size).toBe(0);
      }),
    );
  });

  test("that cannot be read count as none; where nothing is kept, the page has them alone and says so", () => {
    const box = new Box();
    for (const wrong of ["{", "[]", '"x"', '{"changes":{"title":1},"base":{},"version":1,"begun":1,"at":1}']) {
      box.setItem("workbench:p:draft:note:n@t1", wrong);
      expect(draftsIn(box).open("n")).toBeNull();
    }
    const full = Object.assign(new Box(), {
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    });
    for (const drafts of [draftsIn(full), draftsIn(null)]) {
      drafts.change("n", stored, { body: "Two" });
      expect(drafts.keeps).toBe(false);
      expect(shown(stored, drafts.read("n")).body).toBe("Two");
    }
  });

  test("of two tabs never cover each other, and what a closed tab left is taken up", () => {
    const box = new Box();
    const [one, two] = [draftsIn(box, "t1"), draftsIn(box, "t2")];
    expect([one.open(NEW), two.open(NEW)]).toEqual([null, null]);
    const empty = { title: "", body: "", labels: [], version: 0 };
    one.change(NEW, empty, { title: "One" });
    two.change(NEW, empty, { title: "Two" });
    expect(shown(empty, draftsIn(box, "t1").open(NEW)).title).toBe("One");
    two.stored(NEW, { title: "Two", body: "" }, { ...empty, id: "n2", title: "Two", version: 1 });
    expect(two.read(NEW)).toBeNull();
    expect(two.read("n2")).toBeNull();
    // The first tab was closed: another one goes on with its text, and nothing is left when that is stored.
    const three = draftsIn(box, "t3");
    expect([...three.ids()]).toEqual([NEW]);
    expect(shown(empty, three.open(NEW)).title).toBe("One");
    three.change(NEW, empty, { body: "more" });
    three.stored(NEW, { title: "One", body: "more" }, { ...empty, id: "n3", title: "One", body: "more", version: 1 });
    expect(box.kept.size).toBe(0);
  });

  test("that another tab went on with after they were taken up stay that tab's", () => {
    const box = new Box();
    const [one, two] = [draftsIn(box, "t1"), draftsIn(box, "t2")];
    one.change("n", stored, { body: "mine" });
    expect(two.open("n")).not.toBeNull();
    one.change("n", stored, { body: "mine, and more" });
    two.drop("n");
    expect(shown(stored, draftsIn(box, "t1").open("n")).body).toBe("mine, and more");
  });

  test("of what is stored while it is written keep its name and the rest", () => {
    const drafts = draftsIn(new Box());
    const empty = { title: "", body: "", labels: [], version: 0 };
    drafts.change(NEW, empty, { title: "A", body: "one" });
    const name = drafts.nameOf(NEW);
    drafts.change(NEW, empty, { body: "one two" });
    drafts.stored(NEW, { title: "A", body: "one" }, { ...empty, id: "n", title: "A", body: "one", version: 1 });
    expect(drafts.nameOf("n")).toBe(name);
    expect(drafts.nameOf(NEW)).not.toBe(name);
    expect(drafts.read(NEW)).toBeNull();
    expect(drafts.read("n")).toMatchObject({
      changes: { title: "A", body: "one two" },
      base: { body: "one" },
      version: 1,
    });
  });
});

describe("typed text", () => {
  const typed = (change: Partial<Fields>, from = stored) => changed<Fields>(from, null, change, 7);
  const left = (draft: Draft<Fields>) => settled(draft)?.changes ?? null;

  test("is no change any more when it is as it was", () => {
    expect(left(typed({ body: "One" }))).toBeNull();
    expect(left(typed({ labels: ["a"] }))).toBeNull();
    const draft = changed<Fields>(stored, typed({ body: "Two" }), { labels: [] }, 8);
    expect(draft).toMatchObject({ begun: 7, at: 8, version: 3 });
    expect(left(changed<Fields>(stored, draft, { body: "One" }, 9))).toEqual({ labels: [] });
  });

  test("is overtaken only by other words in the place of what was typed", () => {
    const draft = typed({ body: "Mine" });
    const newer = { ...stored, version: 4 };
    expect(isOvertaken(newer, draft)).toBe(false);
    expect(isOvertaken({ ...newer, labels: ["b"] }, draft)).toBe(false);
    expect(isOvertaken({ ...newer, body: "Mine" }, draft)).toBe(false);
    expect(isOvertaken({ ...newer, body: "Theirs" }, draft)).toBe(true);
    // Title and text are one thing.
    expect(isOvertaken({ ...newer, title: "Theirs" }, draft)).toBe(true);
    // An older answer that comes late says nothing.
    expect(isOvertaken({ ...stored, body: "Zero", version: 2 }, draft)).toBe(false);
    expect(shown({ ...newer, labels: ["b"] }, draft)).toMatchObject({ body: "Mine", labels: ["b"] });
  });

  test("is sent from the newest version, but never over what was not seen", () => {
    const draft = typed({ body: "Mine" });
    expect(versionToSend({ ...stored, labels: [], version: 5 }, draft)).toBe(5);
    const theirs = { ...stored, body: "Theirs", version: 5 };
    expect(versionToSend(theirs, draft)).toBe(3);
    const mine = insisted(theirs, draft) as Draft<Fields>;
    expect([isOvertaken(theirs, mine), versionToSend(theirs, mine), mine.changes.body]).toEqual([false, 5, "Mine"]);
  });

  test("that was not sent is left when the rest is stored", () => {
    const draft = changed<Fields>(stored, typed({ title: "Plan B", body: "Two" }), { labels: ["b"] }, 8);
    const now = { ...stored, title: "Plan B", body: "Two", version: 4 };
    expect(leftOf(draft, { title: "Plan B", body: "Two", labels: ["b"] }, { ...now, labels: ["b"] }, 9)).toBeNull();
    expect(leftOf(draft, { title: "Plan B", body: "Two" }, now, 9)).toMatchObject({
      changes: { labels: ["b"] },
      version: 4,
    });
    const more = changed<Fields>(stored, draft, { body: "Two and" }, 9);
    const rest = leftOf(more, { title: "Plan B", body: "Two", labels: ["b"] }, { ...now, labels: ["b"] }, 10);
    expect(rest?.changes).toEqual({ title: "Plan B", body: "Two and" });
    expect(isOvertaken(now, rest)).toBe(false);
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
