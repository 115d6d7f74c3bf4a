/*
 * Every scene, light and dark, in a real engine: no accessibility finding (contrast included), nothing the content
 * security policy stops, nothing wider than the window. On the page of a narrow browser, nothing out of reach.
 *
 * @vitest-environment node
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scenes } from "../gallery/scenes";
import { openGallery, type Gallery } from "./chromium";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let gallery: Gallery;

beforeAll(async () => {
  gallery = await openGallery();
}, 120_000);
afterAll(() => gallery.close());

describe.each(["light", "dark"] as const)("%s", (theme) => {
  test.each(Object.keys(scenes(0)))("%s", async (name) => {
    const context = await gallery.browser.newContext({ viewport: { width: 1080, height: 720 }, colorScheme: theme });
    try {
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(gallery.scene(name, theme));
      await page.locator("[data-scene-ready]").waitFor({ state: "attached" });
      await page.locator("main").waitFor();
      // A page that is loaded when it is first shown has its heading later than its frame.
      await page.locator("h1").first().waitFor({ state: "attached" });
      const result = await page.evaluate<AxeResults>(
        // Evaluated by the debugger, which the page's policy does not bind.
        `(() => { ${axeSource}; return axe.run(document, { rules: { region: { enabled: false } } }); })()`,
      );
      const found = result.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" | ")}`);
      const tooWide = await page.evaluate("document.documentElement.scrollWidth > window.innerWidth");
      expect({ found, complaints, tooWide }).toEqual({ found: [], complaints: [], tooWide: false });
    } finally {
      await context.close();
    }
  });
});

/** What can be pressed but lies, wholly or in part, where an ancestor cuts it off. */
function outOfReach(): string[] {
  const cutOff = (element: Element) => {
    const { left, right } = element.getBoundingClientRect();
    for (let box = element.parentElement; box !== null; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== "hidden") continue;
      const edge = box.getBoundingClientRect();
      if (left < edge.left - 1 || right > edge.right + 1) return true;
    }
    return left < -1 || right > window.innerWidth + 1;
  };
  const pressed = [...document.querySelectorAll("main button, main a")].filter((each) => each.checkVisibility());
  return pressed.filter(cutOff).map((each) => each.outerHTML);
}

test.each(Object.keys(scenes(0)))("%s at 420 px", async (name) => {
  const page = await gallery.browser.newPage({ viewport: { width: 420, height: 800 } });
  try {
    await page.goto(gallery.scene(name));
    await page.locator("[data-scene-ready]").waitFor({ state: "attached" });
    await page.locator("main").waitFor();
    expect(await page.evaluate(outOfReach)).toEqual([]);
  } finally {
    await page.close();
  }
});

test.each(["project", "doctor"])("the bar over %s covers nothing in the smallest window", async (name) => {
  const page = await gallery.browser.newPage({ viewport: { width: 640, height: 420 } });
  try {
    await page.goto(gallery.scene(name));
    await page.locator("[data-scene-ready]").waitFor({ state: "attached" });
    const crumb = await page
      .locator("header nav > :last-child > :last-child, header nav > :last-child")
      .last()
      .boundingBox();
    const search = await page.locator("header > button").boundingBox();
    expect((crumb?.x ?? 0) + (crumb?.width ?? 0)).toBeLessThanOrEqual(search?.x ?? 0);
  } finally {
    await page.close();
  }
});
