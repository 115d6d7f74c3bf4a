/*
 * Working in the pages: finding and editing files, tasks by keyboard and mouse, notes and their versions, the look into
 * database and cache.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { browse } from "../fixtures/browser.mjs";
import { temporary } from "../fixtures/folders.mjs";
import { Past } from "../fixtures/history.mjs";
import { until } from "../fixtures/until.mjs";
import { Workbench } from "../fixtures/workbench.mjs";

test("one works in a folder with the keyboard, and what others do meanwhile is not overwritten", async (t) => {
  const folder = join(temporary(t), "shop");
  const past = Past.make(folder);
  const workbench = await Workbench.start(t, folder);
  const { open, problems } = await browse(t);
  const page = await open(workbench.url);
  const go = (address) => page.goto(`${workbench.url}/#/${address}`);
  const titles = (column) => page.getByTestId(`column-${column}`).locator("[data-card]").allInnerTexts();

  await t.test("search finds as one types, leaves ignored files out, and opens at the line", async () => {
    await until(
      "the needle is indexed",
      async () => (await workbench.call("GET", "/search?q=needle")).files.length > 1,
    );
    await go("search");
    await page.getByTestId("search-query").pressSequentially("only here");
    const match = page.getByTestId("search-match").filter({ hasText: "only here" });
    await match.first().waitFor();
    await page.getByTestId("search-query").fill("needle");
    await page.getByTestId("search-match").filter({ hasText: "in the till" }).waitFor();
    assert.equal(await page.getByText("secret-needle").count(), 0);
    await page.getByTestId("search-match").filter({ hasText: "only here" }).first().click();
    await page.waitForURL(/#\/files\/.*line=\d+/);
    await page.getByText("only here").first().waitFor();
  });

  await t.test("a file is edited and saved, and a change on the disk meanwhile is told", async () => {
    const path = join(folder, "docs/notes.md");
    await go(`files/${Buffer.from("docs/notes.md").toString("base64url")}?view=text`);
    const text = page.locator(".cm-content");
    await text.waitFor();
    await text.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("written in the page");
    await page.keyboard.press("Control+s");
    await page.getByTestId("toast").filter({ hasText: "Saved" }).first().waitFor();
    assert.match(readFileSync(path, "utf8"), /written in the page/);
    await page.keyboard.type(", and more");
    past.write("docs/notes.md", "somebody else's\n");
    await page.getByTestId("file-changed").waitFor();
    await page.keyboard.press("Control+s");
    await page.getByTestId("comparison").waitFor();
    assert.equal(readFileSync(path, "utf8"), "somebody else's\n", "nothing is overwritten unseen");
    await page.getByTestId("take-theirs").click();
    await page.getByText("somebody else's").first().waitFor();
  });

  await t.test("tasks are added, moved and told by the keyboard alone, and kept", async () => {
    await go("tasks");
    await page.getByTestId("new-task").waitFor();
    await page.keyboard.press("n");
    for (const title of ["Paint", "Saw"]) {
      await page.keyboard.type(title);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: title, exact: true }).waitFor();
    }
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Paint", exact: true }).focus();
    for (const key of ["Space", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    await page.getByTestId("board-says").getByText("Paint: Doing, 1 of 1.").waitFor();
    await page.keyboard.press("Space");
    await until("the board is kept", async () =>
      (await workbench.call("GET", "/tasks")).tasks.some((one) => one.title === "Paint" && one.column === "doing"),
    );
    await until("the card lies where it was put", async () => (await titles("doing")).join() === "Paint");
    assert.deepEqual(await titles("todo"), ["Saw"]);
    const focused = await page.evaluate("document.activeElement.textContent");
    assert.equal(focused, "Paint", "the focus goes with the card");
    await page.reload();
    await page.getByTestId("column-doing").getByText("Paint").waitFor();
  });

  await t.test("a card is dragged, and edited in full", async () => {
    const card = page.getByTestId("task-card").filter({ hasText: "Saw" });
    await card.dragTo(page.getByTestId("column-done"));
    await page.getByTestId("column-done").getByText("Saw").waitFor();
    await page.getByRole("button", { name: "Saw", exact: true }).click();
    await page.getByTestId("label-field").fill("wood,");
    await page.getByTestId("link-picker").fill("till/index:12");
    await page.getByRole("option", { name: "src/till/index.ts:12" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByTestId("task-save").click();
    await page.getByTestId("column-done").getByText("wood").waitFor();
    const { tasks } = await workbench.call("GET", "/tasks");
    const saw = tasks.find((one) => one.title === "Saw");
    assert.deepEqual(saw.links, [
      { id: Buffer.from("src/till/index.ts").toString("base64url"), path: "src/till/index.ts", line: 12 },
    ]);
  });

  await t.test("a note is written, changed in two windows, and restored", async () => {
    await go("notes");
    await page.getByTestId("new-note").click();
    await page.getByTestId("note-title").fill("A plan");
    await page.getByTestId("note-body").fill("The **first** thought about a xylophone");
    await page.keyboard.press("Control+s");
    await page.getByTestId("note-row").filter({ hasText: "A plan" }).waitFor();
    await page.getByText(/^Saved/).waitFor();
    const id = new URL(page.url()).hash.split("/").at(-1);
    await page.getByTestId("note-body").fill("Mine");
    const now = await workbench.call("GET", `/notes/${id}`);
    await workbench.call("PUT", `/notes/${id}`, { title: "A plan", body: "Theirs", version: now.version });
    await page.getByTestId("conflict").waitFor();
    assert.equal(await page.getByTestId("note-body").inputValue(), "Mine");
    await page.getByRole("button", { name: "Keep mine" }).click();
    await page.getByText(/^Saved/).waitFor();
    assert.equal((await workbench.call("GET", `/notes/${id}`)).body, "Mine");
    await page.getByTestId("note-history").click();
    await page.getByTestId("version").nth(2).click();
    await page.getByTestId("restore").click();
    await until("the first text is back", async () =>
      (await workbench.call("GET", `/notes/${id}`)).body.startsWith("The **first**"),
    );
    await page.getByTestId("note-search").fill("xylophone");
    await page.getByTestId("note-row").locator("mark").first().waitFor();
  });

  await t.test("a new note is typed on while it is being stored, in the same place of the same field", async () => {
    await go("notes/new");
    let letGo;
    const gate = new Promise((resolve) => (letGo = resolve));
    await page.route("**/api/notes", async (route) => {
      if (route.request().method() === "POST") await gate;
      await route.continue();
    });
    await page.getByTestId("note-title").fill("Typed on");
    await page.getByTestId("note-body").fill("one");
    await page.keyboard.press("Control+s");
    await page.getByTestId("note-state").filter({ hasText: "Saving" }).waitFor();
    await page.keyboard.type(" two");
    for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowLeft");
    letGo();
    await page.waitForURL(/#\/notes\/[0-9a-f-]{36}$/);
    await page.unroute("**/api/notes");
    await page.keyboard.type("and ");
    assert.equal(await page.getByTestId("note-body").inputValue(), "one and two");
    await page.keyboard.press("Control+s");
    await page.getByText(/^Saved/).waitFor();
    const id = new URL(page.url()).hash.split("/").at(-1);
    assert.equal((await workbench.call("GET", `/notes/${id}`)).body, "one and two");
  });

  await t.test("two tabs that write a new note each have their own text back after a reload", async () => {
    await go("notes/new");
    await page.getByTestId("note-title").waitFor();
    const opened = page.waitForEvent("popup");
    await page.evaluate(() => void globalThis.open(globalThis.location.href));
    const other = await opened;
    await other.getByTestId("note-title").fill("In the other tab");
    await page.getByTestId("note-title").fill("In this tab");
    for (const [tab, title] of [
      [page, "In this tab"],
      [other, "In the other tab"],
    ]) {
      await tab.reload();
      await tab.getByTestId("draft-notice").waitFor();
      assert.equal(await tab.getByTestId("note-title").inputValue(), title);
      await tab.getByRole("button", { name: "Discard it" }).click();
    }
    await other.close();
  });

  await t.test("notes and tasks go out as Markdown, and come in again", async () => {
    await page.getByTestId("note-transfer").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: /Export/ }).click(),
    ]);
    const path = await download.path();
    assert.match(readFileSync(path, "utf8"), /xylophone/);
    await page.getByTestId("import-file").setInputFiles({
      name: "notes.md",
      mimeType: "text/markdown",
      buffer: readFileSync(path),
    });
    await page.getByTestId("toast").filter({ hasText: "imported" }).first().waitFor();
  });

  await t.test(
    "rows and keys are looked at, statements only read, and the password shows only when asked for",
    async () => {
      await go("database/postgres?table=public.tasks");
      await page.getByRole("cell", { name: "Paint", exact: true }).waitFor();
      await page.getByTitle("Sort by title").click();
      await page.locator('th[aria-sort="ascending"]').waitFor();
      await page.getByTestId("open-sql").click();
      await page.getByTestId("sql").fill("select title, oops\nfrom tasks");
      await page.keyboard.press("Control+Enter");
      assert.match(await page.getByTestId("sql-fault").innerText(), /1 \| select title, oops/);
      await page.getByTestId("sql").fill("delete from tasks");
      await page.getByTestId("run-sql").click();
      await page.getByTestId("sql-fault").getByText(/read/).waitFor();
      await page.getByTestId("sql").fill("select count(*) as many from tasks");
      await page.getByTestId("run-sql").click();
      await page.getByRole("cell", { name: "2", exact: true }).waitFor();
      assert.equal((await page.content()).includes(workbench.password), false);
      await page.getByTestId("reveal").click();
      await page.getByTestId("address").getByText(workbench.password).waitFor();
      await go("database/redis");
      await page.getByTestId("redis-pattern").fill("workbench:*:events");
      await page.getByTestId("key-row").first().click();
      await page.getByTestId("redis-value").getByText("task.moved").first().waitFor();
    },
  );

  assert.deepEqual(
    problems.filter((one) => !/status of (409|422)/.test(one)),
    [],
  );
});
