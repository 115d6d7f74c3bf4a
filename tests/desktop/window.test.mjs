/*
 * The window on a real display: it paints, takes folders by dialog and by drop, starts and ends, and comes back.
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporary } from "../fixtures/folders.mjs";
import { until } from "../fixtures/until.mjs";
import { Desktop, program, signal } from "./desktop.mjs";

const folderOf = (t, name) => {
  const folder = join(temporary(t, "cchub-project"), name);
  mkdirSync(folder);
  return folder;
};

test("the empty window paints and says what to do", async (t) => {
  const desktop = await Desktop.start(t);
  const page = await desktop.drive();
  await page.reads("h1", "Drop a project folder here");
  assert.equal((await desktop.windows()).length, 1);
});

test("the folder dialog registers what was chosen", async (t) => {
  const desktop = await Desktop.start(t);
  const folder = folderOf(t, "été 🚀 shop");
  const portal = await desktop.script("portal.py", folder);
  const page = await desktop.drive();
  await page.click('[data-testid="add-folder"]');
  const asked = JSON.parse((await portal.lines.next()).value);
  assert.equal(asked.directory, true);
  assert.match(asked.parent, /^x11:/);
  await page.element("[data-project-id]");
  assert.deepEqual(
    (await desktop.call("list")).map(({ path }) => path),
    [folder],
  );
});

test("a folder dialog that is called off changes nothing", async (t) => {
  const desktop = await Desktop.start(t);
  const portal = await desktop.script("portal.py", "--cancel");
  const page = await desktop.drive();
  await page.click('[data-testid="add-folder"]');
  await portal.lines.next();
  await page.reads("h1", "Drop a project folder here");
  assert.deepEqual(await desktop.call("list"), []);
});

test("without any folder dialog the window says so and what to do", async (t) => {
  const desktop = await Desktop.start(t);
  const page = await desktop.drive();
  await page.click('[data-testid="add-folder"]');
  await page.reads("body", "no folder dialog");
});

test("a folder that is dropped on the window becomes a row", async (t) => {
  const desktop = await Desktop.start(t);
  const folder = folderOf(t, "dropped été 🚀");
  const page = await desktop.drive();
  await page.element("h1");
  await desktop.script("drag_source.py", folder);
  const dragged = async () => {
    const moves = [
      [1160, 100],
      [1100, 150],
      [900, 250],
      [700, 300],
      [600, 320],
      [560, 340],
      [540, 350],
    ];
    await desktop.run("xdotool", "mousemove", "1180", "90", "sleep", "0.1", "mousedown", "1", "sleep", "0.1");
    for (const [x, y] of moves) await desktop.run("xdotool", "mousemove", `${x}`, `${y}`, "sleep", "0.05");
    await desktop.run("xdotool", "mouseup", "1");
    return until("the drop arrives", async () => (await desktop.call("list")).length > 0, { patience: 5000 });
  };
  await until("the folder is registered", dragged);
  await page.element("[data-project-id]");
  assert.deepEqual(
    (await desktop.call("list")).map(({ path }) => path),
    [folder],
  );
});

test("SIGTERM ends it in order and SIGKILL lets the next start work", async (t) => {
  const desktop = await Desktop.start(t);
  for (const name of ["SIGTERM", "SIGKILL"]) {
    const child = desktop.launch();
    await until("the window shows", async () => (await desktop.windows()).length === 1);
    await until("the Hub answers", () => desktop.call("hub"));
    signal(child.pid, name);
    const code = await child.ended;
    assert.equal(code, name === "SIGTERM" ? 0 : "SIGKILL");
    await until("nothing of it is left", () => desktop.programs().length === 0);
  }
  desktop.launch();
  await until("the window shows again", async () => (await desktop.windows()).length === 1);
});

test("a Hub that holds the home is told of, and the window opens when it ends", async (t) => {
  const desktop = await Desktop.start(t);
  const other = desktop.spawn(program.replace("cchub-desktop", "cchub"), ["serve", "--port", "0"], { stdio: "ignore" });
  await until("the other Hub answers", () => desktop.call("hub"));
  const page = await desktop.drive();
  await page.reads("body", "runs on this data folder already");
  other.kill("SIGTERM");
  const ours = desktop.programs();
  await until("this Hub opens", async () => ours.includes((await desktop.call("hub")).pid));
  await page.reads("h1", "Drop a project folder here");
});

test("closing hides where a tray host is, and a second launch brings the window back", async (t) => {
  const desktop = await Desktop.start(t, { windowManager: true });
  const host = await desktop.trayHost();
  desktop.launch();
  await until("the window shows", async () => (await desktop.windows()).length === 1);
  await until("the tray shows", async () => (await host.trays()).length === 1);
  await desktop.run("wmctrl", "-c", "CommandCenter Hub");
  await until("the window is hidden", async () => (await desktop.windows()).length === 0);
  assert.ok(await desktop.call("hub"));
  const second = desktop.launch();
  assert.equal(await second.ended, 0);
  await until("the window is back", async () => (await desktop.windows()).length === 1);
  await host.press("Quit");
  await until("nothing is left", () => desktop.programs().length === 0);
});
