/*
 * The Hub's page and the workbench's page in a real browser, on real services.
 */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { browse, seriousFindings } from "../fixtures/browser.mjs";
import { commitAll, fill, temporary } from "../fixtures/folders.mjs";
import { TestHub } from "../fixtures/hub.mjs";

const expectAccessible = async (page) => assert.deepEqual(await seriousFindings(page), []);

test("a folder is added by its path, started, looked at and stopped in the page", async (t) => {
  const hub = await TestHub.start(t);
  const folder = fill(join(temporary(t), "my project"), 300);
  commitAll(folder, "Begin");
  const { open, problems } = await browse(t);
  const page = await open(hub.url);
  await page.getByTestId("add-folder").first().click();
  assert.equal(page.url().includes(hub.token), false, "the token does not stay in the address");
  await page.getByTestId("path-field").fill(folder);
  await page.getByTestId("add-path").click();
  const row = page.locator('[data-testid="project-row"][data-project-id]');
  await row.waitFor();
  await expectAccessible(page);
  await row.getByTestId("start").click();
  await page.locator('[data-testid="project-row"][data-state="healthy"]').waitFor();
  const [project] = await hub.call("list");
  assert.equal(project.overall_healthy, true);

  await page.goto(`${hub.base}/#/projects/${project.id}/overview`);
  for (const service of ["postgres", "redis", "backend", "frontend"]) {
    await page.locator(`[data-testid="service-row"][data-service="${service}"][data-state="healthy"]`).waitFor();
  }
  await expectAccessible(page);
  await page.goto(`${hub.base}/#/projects/${project.id}/logs`);
  await page.locator('[data-testid="log-line"][data-service="postgres"]').first().waitFor();

  const bench = await open(project.urls.frontend);
  await bench.getByTestId("files").getByText("301", { exact: true }).waitFor();
  await bench.getByText("Begin").first().waitFor();
  await expectAccessible(bench);
  await bench.getByTestId("tab-activity").click();
  await bench.locator('[data-testid="stream-state"][data-connection="live"]').waitFor();
  appendFileSync(join(folder, "README.md"), "more\n");
  await bench.locator('[data-testid="activity-row"][data-type="files.changed"]').first().waitFor();

  await page.goto(`${hub.base}/#/projects/${project.id}/overview`);
  await page.getByTestId("stop").first().click();
  await page.locator('[data-testid="project-page"][data-state="stopped"]').waitFor();
  assert.equal((await hub.get(project.id)).state.state, "stopped");
  assert.deepEqual(problems, []);
});

test("notes outlive a restart of the database under the page, and nothing typed is lost", async (t) => {
  const hub = await TestHub.start(t);
  const { id } = await hub.add(fill(join(temporary(t), "a"), 3));
  const project = await hub.up(id);
  const { open } = await browse(t);
  const page = await open(`${project.urls.frontend}/#/notes`);
  await page.getByTestId("new-note").click();
  await page.getByTestId("note-title").fill("A plan");
  await page.getByTestId("note-body").fill("**bold** words");
  await page.getByTestId("note-save").click();
  await page.getByTestId("note-row").waitFor();
  await page.getByText(/^Saved/).waitFor();
  await page.getByTestId("note-title").fill("A better plan");
  await hub.call("restart", { project: id, service: "postgres", wait: true });
  assert.equal(await page.getByTestId("note-title").inputValue(), "A better plan");
  const saved = page.getByTestId("note-row").filter({ hasText: "A better plan" });
  for (let tries = 0; tries < 20 && (await saved.count()) === 0; tries += 1) {
    // A request that meets the restart says so; the button then asks again.
    await page.getByTestId("note-save").click();
    await saved.waitFor({ timeout: 3000 }).catch(() => undefined);
  }
  await page.reload();
  await page.getByTestId("note-row").filter({ hasText: "A better plan" }).waitFor();
});

test("a held port shows who holds it, and one press takes the free one", async (t) => {
  const hub = await TestHub.start(t);
  const project = await hub.add(fill(join(temporary(t), "a"), 3));
  const thief = createServer();
  await new Promise((resolve) => thief.listen(project.ports.backend, "127.0.0.1", resolve));
  t.after(() => thief.close());
  const { open, problems } = await browse(t);
  const page = await open(hub.url);
  await page.locator('[data-testid="project-row"]').getByTestId("start").click();
  await page.locator('[data-testid="project-row"][data-state="failed"]').waitFor();
  await page.goto(`${hub.base}/#/projects/${project.id}/overview`);
  const card = page.locator('[data-testid="failure-card"][data-code="PORT_HELD"]');
  await card.waitFor();
  const words = await card.innerText();
  assert.match(words, new RegExp(`\\b${process.pid}\\b`), "the holder is named");
  await expectAccessible(page);
  await card.getByTestId("use-port").click();
  await page.locator('[data-testid="project-page"][data-state="healthy"]').waitFor();
  assert.notEqual((await hub.get(project.id)).ports.backend, project.ports.backend);
  assert.deepEqual(problems, []);
});
