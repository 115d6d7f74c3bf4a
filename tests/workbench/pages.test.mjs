/*
 * What the pages show of a real folder, in both themes and on narrow screens.
 */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { browse, seriousFindings } from "../fixtures/browser.mjs";
import { temporary } from "../fixtures/folders.mjs";
import { Past } from "../fixtures/history.mjs";
import { until } from "../fixtures/until.mjs";
import { Workbench } from "../fixtures/workbench.mjs";

/** Every page with something in it, and what is there once it stands. */
const PAGES = [
  ["overview", "commits"],
  ["search?q=needle", "search-match"],
  ["files", "file-tree"],
  ["tasks", "task-card"],
  ["notes", "note-row"],
  ["activity", "activity-row"],
  ["database", "table-row"],
  ["database/postgres?table=public.notes", "grid-row"],
  ["database/redis", "key-row"],
];

test("a folder is shown as it is, and as it becomes", async (t) => {
  const folder = join(temporary(t), "shop");
  const past = Past.make(folder);
  const workbench = await Workbench.start(t, folder);
  const { open, problems } = await browse(t);
  const page = await open(workbench.url);

  await t.test("the first screen has figures, git, README and open ends", async () => {
    const git = page.getByTestId("git");
    await git.getByText("src/new-file.rs").waitFor();
    assert.match(await git.innerText(), /main/);
    await page.getByTestId("commits").getByText("Teach the users step 23").waitFor();
    await page.getByTestId("readme").getByRole("heading", { name: "Shop" }).waitFor();
    assert.equal(await page.getByTestId("readme").locator("script").count(), 0);
    assert.doesNotMatch(await page.title(), /taken over/, "nothing in a README runs");
    const place = page.getByTestId("todo").first().getByTestId("file-link");
    await place.click();
    await page.waitForURL(/#\/files\/.*line=12/);
    await page.goBack();
    assert.deepEqual(problems, []);
  });

  await t.test("a change and a commit are seen without a reload", async () => {
    past.write("src/fresh/one.ts", "export {};\n");
    await page
      .getByTestId("git")
      .getByText(/^src.fresh/)
      .waitFor();
    past.commit("Add what was open, and more besides");
    await page.getByTestId("git").getByText("Nothing to commit.").waitFor();
    const subject = page.getByTestId("commits").getByText("Add what was open, and more besides");
    await subject.waitFor();
    assert.equal(await subject.evaluate((one) => one.scrollWidth - one.clientWidth), 0, "its words are not cut off");
  });

  await t.test("a repository that breaks says so, and is back when it is mended", async () => {
    const head = join(folder, ".git/HEAD");
    const was = readFileSync(head);
    writeFileSync(head, "nonsense\n");
    await page
      .getByTestId("git")
      .getByText(/cannot read this repository/)
      .waitFor();
    writeFileSync(head, was);
    await page.getByTestId("git").getByText("Nothing to commit.").waitFor();
  });

  await t.test("no page has a serious accessibility finding or scrolls sideways", async (t) => {
    const note = await workbench.call("POST", "/notes", { title: "A plan", body: "# One\n\n- [ ] two", pinned: true });
    const task = await workbench.call("POST", "/tasks", { title: "Paint", labels: ["home"], due: "2026-01-01" });
    await until("the needle is found", async () => (await workbench.call("GET", "/search?q=needle")).total > 0);
    const pages = [...PAGES, [`notes/${note.id}`, "note-title"], [`tasks/${task.id}`, "task-title"]];
    for (const look of [{}, { colorScheme: "dark" }, { width: 320, height: 700 }, { width: 3840, height: 2160 }]) {
      await t.test(JSON.stringify(look), async () => {
        const one = await open(workbench.url, look);
        for (const [address, mark] of pages) {
          await one.goto(`${workbench.url}/#/${address}`);
          await one.getByTestId(mark).first().waitFor({ state: "attached" });
          assert.deepEqual(await seriousFindings(one), [], address);
          const over = await one.evaluate("document.documentElement.scrollWidth - innerWidth");
          assert.ok(over <= 0, `${address} is ${over} px too wide`);
        }
        if (look.width === 3840) {
          await one.goto(`${workbench.url}/#/tasks`);
          const { width } = await one.getByTestId("column-todo").boundingBox();
          assert.ok(width * 3 > 3840 / 2, `a large screen is used: the board's columns are ${width} px wide`);
          await one.goto(`${workbench.url}/#/search?q=needle`);
          const match = await one.getByTestId("search-match").first().boundingBox();
          assert.ok(match.width > 3000, `lines of files have the whole width: ${match.width} px`);
        }
        await one.close();
      });
    }
  });
});

test("an empty folder invites, and fills before the reader's eyes", async (t) => {
  const folder = join(temporary(t), "new");
  mkdirSync(folder);
  const workbench = await Workbench.start(t, folder);
  const { open, problems } = await browse(t);
  const page = await open(workbench.url);
  await page.getByText("This folder is empty").waitFor();
  appendFileSync(join(folder, "README.md"), "# Begun\n");
  await page.getByRole("heading", { name: "Begun" }).waitFor();
  await page.getByTestId("git").getByText("not in a git repository").waitFor();
  assert.deepEqual(problems, []);
});
