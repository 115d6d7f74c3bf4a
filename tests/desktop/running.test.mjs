/*
 * Real services under the window and the tray: started, watched, left running and stopped.
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporary } from "../fixtures/folders.mjs";
import { pidsOf } from "../fixtures/hub.mjs";
import { runs } from "../fixtures/processes.mjs";
import { until } from "../fixtures/until.mjs";
import { Desktop, signal } from "./desktop.mjs";

async function withProject(t) {
  const desktop = await Desktop.start(t, { windowManager: true });
  const folder = join(temporary(t, "cchub-project"), "shop");
  mkdirSync(folder, { mode: 0o755 });
  return { desktop, folder };
}

/** Waits until the start has an outcome, and shows it where it is no good one. */
async function healthy(desktop, id) {
  const settled = async () => {
    const project = await desktop.call("get", { project: id });
    return (project.overall_healthy || project.state.state === "failed") && project;
  };
  const project = await until("the start has an outcome", settled, { patience: 180_000 });
  assert.equal(project.overall_healthy, true, JSON.stringify(project.state));
  return project;
}

const ended = (pids) => until("no service is left", () => pids.every((pid) => !runs(pid)));

test("the tray starts and stops a project, and its picture follows", async (t) => {
  const { desktop, folder } = await withProject(t);
  const host = await desktop.trayHost();
  desktop.launch();
  const project = await desktop.add(folder);
  const picture = async () => (await host.trays())[0]?.picture;
  const stopped = await until("the tray has a picture", picture);
  await host.press("shop", "Start");
  const up = await healthy(desktop, project.id);
  await until("the picture changes", async () => (await picture()) !== stopped);
  assert.equal((await fetch(up.urls.frontend)).status, 200);
  await host.press("shop", "Stop");
  await ended(Object.values(pidsOf(up)));
  await until("the picture is the first again", async () => (await picture()) === stopped);
});

test("the window starts a project; closed without a tray it asks, and leaves it running", async (t) => {
  const { desktop, folder } = await withProject(t);
  const page = await desktop.drive();
  const project = await desktop.add(folder);
  await page.click(`[data-project-id="${project.id}"] [data-testid="start"]`);
  const up = await healthy(desktop, project.id);
  await page.reads("body", "Healthy");
  await desktop.run("wmctrl", "-c", "CommandCenter Hub");
  await page.clickLast('[data-testid="quit-leave"]');
  await until("the window is gone", async () => (await desktop.windows()).length === 0);
  assert.equal((await fetch(up.urls.frontend)).status, 200);
  assert.equal(await desktop.launch().ended, 0);
  await until("the window is back", async () => (await desktop.windows()).length === 1);
});

test("a killed program leaves no service, and the next one starts", async (t) => {
  const { desktop, folder } = await withProject(t);
  const child = desktop.launch();
  const project = await desktop.add(folder);
  await desktop.call("start", { project: project.id, wait: true });
  const up = await healthy(desktop, project.id);
  signal(child.pid, "SIGKILL");
  await child.ended;
  await ended(Object.values(pidsOf(up)));
  desktop.launch();
  await until("the next one answers", () => desktop.call("hub"));
});
