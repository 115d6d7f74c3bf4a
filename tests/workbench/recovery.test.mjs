/*
 * Services that die under the page: it says so, loses nothing that was typed, and is whole again by itself.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { browse } from "../fixtures/browser.mjs";
import { temporary } from "../fixtures/folders.mjs";
import { Past } from "../fixtures/history.mjs";
import { until } from "../fixtures/until.mjs";
import { Workbench } from "../fixtures/workbench.mjs";

test("whatever dies under the page, it says so and recovers by itself", async (t) => {
  const folder = join(temporary(t), "shop");
  const past = Past.make(folder, 4);
  const workbench = await Workbench.start(t, folder);
  const { open } = await browse(t);
  const page = await open(`${workbench.url}/#/activity`);
  const rows = page.getByTestId("activity-row");
  const live = page.locator('[data-testid="stream-state"][data-connection="live"]');
  const note = await workbench.call("POST", "/notes", { title: "Before", body: "" });
  await rows.filter({ hasText: "Note written" }).waitFor();

  await t.test("the activity goes on after a restart of the backend, without a gap or a double", async () => {
    await workbench.backend.kill();
    await page.getByTestId("connection-lost").waitFor();
    workbench.backend.start();
    await workbench.untilReady();
    await live.waitFor();
    await page.getByTestId("connection-lost").waitFor({ state: "detached" });
    past.write("src/after.ts", "export {};\n");
    await rows.filter({ hasText: "src/after.ts" }).first().waitFor();
    assert.equal(await rows.filter({ hasText: "Note written" }).count(), 1);
    assert.equal(await rows.filter({ hasText: "The backend started" }).count(), 2);
  });

  await t.test("a note typed while the database is away is stored once it is back", async () => {
    await page.goto(`${workbench.url}/#/notes/${note.id}`);
    await page.getByTestId("note-body").waitFor();
    await workbench.postgres.kill();
    await page.getByTestId("note-body").fill("typed in the dark");
    await page.getByTestId("note-save").click();
    await page.getByTestId("not-saved").waitFor();
    await page.reload();
    await page.getByTestId("passing-trouble").waitFor();
    workbench.postgres.start();
    await page.getByTestId("draft-notice").waitFor();
    assert.equal(await page.getByTestId("note-body").inputValue(), "typed in the dark");
    await page.getByTestId("passing-trouble").waitFor({ state: "detached" });
    await page.getByTestId("note-save").click();
    await until(
      "the note is stored",
      async () => (await workbench.call("GET", `/notes/${note.id}`)).body === "typed in the dark",
    );
  });

  await t.test("a move that the database cannot take is put back with words", async () => {
    await workbench.call("POST", "/tasks", { title: "Paint" });
    await page.goto(`${workbench.url}/#/tasks`);
    await page.getByRole("button", { name: "Paint", exact: true }).focus();
    await workbench.postgres.kill();
    for (const key of ["Space", "ArrowRight", "Space"]) await page.keyboard.press(key);
    await page.getByTestId("toast").filter({ hasText: "was not moved" }).waitFor();
    await page.getByTestId("column-todo").getByText("Paint").waitFor();
    workbench.postgres.start();
    await page.getByTestId("passing-trouble").waitFor({ state: "detached" });
  });

  await t.test("the stream waits for Redis, and brings what happened meanwhile", async () => {
    await page.goto(`${workbench.url}/#/activity`);
    await live.waitFor();
    await workbench.redis.kill();
    await page.getByTestId("passing-trouble").waitFor();
    past.write("src/meanwhile.ts", "export {};\n");
    workbench.redis.start();
    await rows.filter({ hasText: "src/meanwhile.ts" }).first().waitFor();
    await page.getByTestId("passing-trouble").waitFor({ state: "detached" });
  });
});
