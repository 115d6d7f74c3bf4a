/*
 * The live stream: however the bytes are cut, whatever breaks, every event arrives once and in order.
 */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { LiveEvents } from "../src/api/live";
import { EventParser } from "../src/api/sse";

function event(id: number, type = "files.changed") {
  return `id: ${id}\nevent: x\ndata: ${JSON.stringify({ type, at: "2026-01-01T00:00:00Z", data: { n: id } })}\n\n`;
}

function streamed(...texts: string[]): Response {
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const text of texts) controller.enqueue(encoder.encode(text));
        controller.close();
      },
    }),
  );
}

describe("the parser", () => {
  test("gives the same events however the text is cut", () => {
    const text = `: heartbeat\n\n${event(1)}${event(2).replaceAll("\n", "\r\n")}data: a\ndata: b\n\n`;
    const whole = new EventParser().push(text);
    expect(whole.map((one) => one.id)).toEqual(["1", "2", null]);
    expect(whole[2]?.data).toBe("a\nb");
    expect(new EventParser().push("id: 4-0\n: following\n\n")).toEqual([{ id: "4-0", data: null }]);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const parser = new EventParser();
        const got = places.slice(1).flatMap((end, i) => parser.push(text.slice(places[i], end)));
        // A cut between \r and \n leaves the \r to the next line; only \n ends a line here.
        const clean = got.map(({ id, data }) => ({ id, data: data?.replaceAll("\r", "") }));
        expect(clean.length).toBeLessThanOrEqual(whole.length);
        if (!places.some((at) => text[at - 1] === "\r")) expect(clean).toEqual(whole);
      }),
    );
  });
});

/** Takes in one answer after the other, until there is none; and after which event each was asked for. */
async function heard(...answers: Response[]) {
  const asked: (string | null)[] = [];
  const live = new LiveEvents(
    {
      events: (last: string | null) => {
        asked.push(last);
        const answer = answers.shift();
        if (!answer) live.stop();
        return answer ? Promise.resolve(answer) : Promise.reject(new Error("gone"));
      },
    },
    [0],
  );
  await live.run();
  return { live, asked };
}

describe("the stream", () => {
  test("resumes after the last event it has seen", async () => {
    const { live, asked } = await heard(streamed(event(1), event(2)), streamed(event(3)));
    expect(asked).toEqual([null, "2", "3"]);
    expect(live.getState().entries.map((entry) => entry.id)).toEqual(["3", "2", "1"]);
  });

  test("resumes where it began when nothing had happened by the time it broke", async () => {
    const { live, asked } = await heard(
      streamed(": connected\n\n", "id: 5-0\n: following\n\n"),
      streamed(": connected\n\n", event(6)),
    );
    expect(asked).toEqual([null, "5-0", "6"]);
    expect(live.getState().entries.map((entry) => entry.id)).toEqual(["6"]);
  });

  test("says that it is lost while nothing answers, and that it lives when it does", async () => {
    const seen: string[] = [];
    let tries = 0;
    const live = new LiveEvents(
      {
        events: () => {
          tries += 1;
          if (tries === 1) return Promise.reject(new Error("refused"));
          if (tries === 3) live.stop();
          return Promise.resolve(streamed(event(1)));
        },
      },
      [0],
    );
    live.subscribe(() => seen.push(live.getState().connection));
    await live.run();
    expect(seen.filter((one, i) => one !== seen[i - 1]).slice(0, 3)).toEqual(["lost", "live", "lost"]);
  });

  test("tells when it waits for Redis, and when it no longer does", async () => {
    const seen: boolean[] = [];
    const texts = [": connected\n\n", ": waiting for Redis\n\n", "id: 5-0\n: following\n\n", event(6)];
    const live = new LiveEvents({ events: () => Promise.resolve(streamed(...texts)) }, [0]);
    live.subscribe(() => seen.push(live.getState().waiting));
    live.onEvent(() => live.stop());
    await live.run();
    expect(seen.filter((one, at) => one !== seen[at - 1])).toEqual([false, true, false]);
  });

  test("gives up a stream that has gone silent, and connects again", async () => {
    vi.useFakeTimers();
    let tries = 0;
    const silent = () => new Response(new ReadableStream({ start: () => undefined }));
    const live = new LiveEvents(
      {
        events: () => {
          tries += 1;
          if (tries === 2) live.stop();
          return Promise.resolve(silent());
        },
      },
      [0],
    );
    void live.run();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(tries).toBe(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(tries).toBe(2);
    vi.useRealTimers();
  });

  test("tells each event to those who listen", async () => {
    const hear = vi.fn();
    const live = new LiveEvents({ events: () => Promise.resolve(streamed(event(7))) }, [0]);
    live.onEvent((one) => {
      hear(one.id);
      live.stop();
    });
    await live.run();
    expect(hear).toHaveBeenCalledWith("7");
  });
});
