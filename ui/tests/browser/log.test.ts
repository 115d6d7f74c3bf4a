/*
 * The log pane under real layout: where it stands, what it paints, how it behaves under a flood.
 *
 * @vitest-environment node
 */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openGallery, type Gallery } from "./chromium";

let gallery: Gallery;
let page: Page;

beforeAll(async () => {
  gallery = await openGallery();
}, 120_000);
afterAll(() => gallery.close());
beforeEach(async () => {
  page = await gallery.browser.newPage({ viewport: { width: 1080, height: 720 } });
  await page.goto(gallery.scene("logs"));
  await page.getByTestId("log-line").first().waitFor();
});
afterEach(() => page.close());

/** Sends lines numbered from `first`, all in one batch. */
async function send(first: number, count: number, text = "line"): Promise<void> {
  await page.evaluate(`fakeHost.lines({ missed: 0, lines: Array.from({ length: ${count} }, (_, i) => ({
    seq: ${first} + i, at: 1764000000000 + i, service: "backend", stream: "stdout", text: ${JSON.stringify(text)} + " " + (${first} + i)
  })) })`);
}

const pane = () => page.getByRole("log");
const last = () => page.getByTestId("log-line").last();
const shows = (text: string) => last().filter({ hasText: text }).waitFor();
const fromEnd = () => pane().evaluate((each) => each.scrollHeight - each.scrollTop - each.clientHeight);

describe("following", () => {
  test("the newest line stays in sight, and only what is in sight is painted", async () => {
    await send(10_001, 50_000);
    await shows("line 60000");
    expect(await fromEnd()).toBeLessThanOrEqual(1);
    expect(await page.getByTestId("log-line").count()).toBeLessThan(90);
  });

  test("scrolling up holds the reader's line and counts what comes; the button returns", async () => {
    await pane().hover();
    await page.mouse.wheel(0, -1500);
    await page.getByRole("button", { name: "Newest lines" }).waitFor();
    const place = () =>
      pane().evaluate((each) => {
        const top = each.getBoundingClientRect().top;
        const rows = [...each.querySelectorAll("[data-testid=log-line]")];
        return rows.find((row) => row.getBoundingClientRect().top >= top)?.textContent;
      });
    const before = await place();
    await send(10_001, 1_234);
    await page.getByRole("button", { name: "1,234 new lines" }).waitFor();
    expect(await place()).toBe(before);
    await page.getByRole("button", { name: "1,234 new lines" }).click();
    await shows("line 11234");
    expect(await fromEnd()).toBeLessThanOrEqual(1);
  });

  test("a flood in many batches loses no line and keeps its bounds", async () => {
    await page.evaluate(`new Promise((done) => {
      let seq = 10000, batch = 0;
      const step = () => {
        fakeHost.lines({ missed: 0, lines: Array.from({ length: 500 }, () => ({ seq: ++seq, at: 0, service: "redis", stream: "stdout", text: "flood " + seq })) });
        if (++batch < 300) setTimeout(step); else done();
      };
      step();
    })`);
    await shows("flood 160000");
    const text = await page.getByTestId("log-line").allTextContents();
    const numbers = text.map((each) => Number(/flood (\d+)/.exec(each)?.[1]));
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  });
});

describe("layout", () => {
  test("a wrapped line is as high as the engine makes it", async () => {
    await send(10_001, 30, "long ".repeat(90));
    await shows("10030");
    const heights = await page.getByTestId("log-line").evaluateAll((rows) =>
      rows.map((row) => {
        const text = row.querySelector(".log-text");
        return [row.getBoundingClientRect().height, text?.scrollHeight ?? 0];
      }),
    );
    for (const [given, needed] of heights) expect(given).toBe(needed);
    expect(Math.max(...heights.map(([given]) => given ?? 0))).toBeGreaterThan(20);
  });

  test("without wrapping each line is one row and the pane scrolls sideways", async () => {
    await send(10_001, 5, "long ".repeat(300));
    await page.getByRole("button", { name: "Wrap long lines" }).click();
    await shows("10005");
    const heights = await page
      .getByTestId("log-line")
      .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
    expect(new Set(heights)).toEqual(new Set([20]));
    expect(await pane().evaluate((each) => each.scrollWidth > each.clientWidth)).toBe(true);
  });

  test("a line of a megabyte is cut on the screen and does not stall the pane", async () => {
    await send(10_001, 1, "x".repeat(1_000_000));
    await shows("more characters");
    await send(10_002, 1, "after");
    await shows("after 10002");
  });

  test("rows stand in the document in reading order after scrolling about", async () => {
    await pane().hover();
    for (const by of [-3000, 900, -1700, 400]) await page.mouse.wheel(0, by);
    await page.getByRole("button", { name: "Newest lines" }).waitFor();
    const tops = await page
      .getByTestId("log-line")
      .evaluateAll((rows) => rows.map((row) => parseFloat((row as HTMLElement).style.top)));
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
  });
});

test("stepping through matches brings each into sight", async () => {
  await send(10_001, 1, "needle");
  await send(10_002, 3_000);
  await page.getByRole("textbox", { name: "Find in log" }).fill("needle");
  await page.getByText("1 of 1").waitFor();
  const hit = page.locator("[data-current]");
  await hit.waitFor();
  const inSight = await hit.evaluate((row) => {
    const own = row.getBoundingClientRect();
    const frame = row.closest("[role=log]")?.getBoundingClientRect();
    return frame !== undefined && own.top >= frame.top && own.bottom <= frame.bottom;
  });
  expect(inSight).toBe(true);
});
