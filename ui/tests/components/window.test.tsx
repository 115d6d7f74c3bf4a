/*
 * The window as a user meets it, over a fake Hub: adding, reading the list, acting, reading failures, settings, quitting;
 * by pointer and by keyboard, with accessibility findings at each stop.
 */
import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test } from "vitest";
import type { ProjectView } from "../../src/api";
import { App } from "../../src/app";
import { cleanPath } from "../../src/components/AddFolderDialog";
import { Shell } from "../../src/Shell";
import { findings } from "../axe";
import { FakeHost } from "../fakeHost";
import { logLine, project, service, wireError } from "../sample";

const fine = (name: string, slot: number) =>
  project({ state: "running", since: Date.now(), health: "healthy" }, { name, slot });
const idle = (name: string, slot: number) => project({ state: "stopped" }, { name, slot });

function open(projects: ProjectView[], hash = "#/projects", host = new FakeHost()) {
  window.location.hash = hash;
  const app = new App(host, window);
  render(<Shell app={app} />);
  act(() => host.snapshot(projects));
  return { app, host, user: userEvent.setup() };
}

const row = (name: string) => {
  const found = screen.getAllByTestId("project-row").find((each) => within(each).queryByRole("link", { name }));
  if (!found) throw new Error(`no row for ${name}`);
  return found;
};

describe("the empty window", () => {
  test("teaches, and adds what the dialog gives", async () => {
    const { host, user } = open([]);
    expect(screen.getByRole("heading", { name: "Drop a project folder here" })).toBeInTheDocument();
    expect(await findings()).toEqual([]);
    host.picked = ["/home/ada/shop"];
    host.on("add", () => idle("shop", 0));
    await user.click(screen.getByTestId("add-folder"));
    expect(await screen.findByTestId("project-row")).toHaveAttribute("data-state", "stopped");
    expect(host.calls).toEqual([{ command: "add", params: { path: "/home/ada/shop" } }]);
  });

  test("calling the dialog off adds nothing", async () => {
    const { host, user } = open([]);
    await user.click(screen.getByTestId("add-folder"));
    expect(host.calls).toEqual([]);
    expect(screen.getByTestId("add-folder")).toBeInTheDocument();
  });

  test("on a page without a dialog the path is typed", async () => {
    const { host, user } = open([], "#/projects", new FakeHost("page"));
    host.on("add", () => idle("shop", 0));
    await user.click(screen.getByTestId("add-folder"));
    const field = await screen.findByTestId("path-field");
    await waitFor(() => expect(field).toHaveFocus());
    expect(await findings()).toEqual([]);
    await user.type(field, " '/home/ada/shop' {Enter}");
    expect(await screen.findByTestId("project-row")).toBeInTheDocument();
    expect(host.calls.at(-1)).toEqual({ command: "add", params: { path: "/home/ada/shop" } });
  });

  test.each([
    ['"/a b/c"', "/a b/c"],
    ["  /a ", "/a"],
    ["'/it's'", "/it's"],
    ['"', '"'],
  ])("%j is the path %j", (typed, path) => {
    expect(cleanPath(typed)).toBe(path);
  });
});

describe("dropping folders", () => {
  test("says what a drop does, then shows the row before the Hub has answered", async () => {
    const { host } = open([idle("old", 0)]);
    act(() => host.drop({ kind: "enter", paths: ["/home/ada/shop"] }));
    expect(screen.getByTestId("drop-overlay")).toHaveTextContent("Drop to add shop");
    act(() => host.drop({ kind: "drop", paths: ["/home/ada/shop"] }));
    expect(screen.queryByTestId("drop-overlay")).not.toBeInTheDocument();
    expect(screen.getByTestId("adding-row")).toHaveTextContent("shop");
    await waitFor(() => expect(host.calls).toHaveLength(1));
  });

  test("leaving the window takes the offer back", () => {
    const { host } = open([idle("old", 0)]);
    act(() => host.drop({ kind: "enter", paths: ["/a", "/b", "/c", "/d"] }));
    expect(screen.getByTestId("drop-overlay")).toHaveTextContent("Drop to add 4 folders");
    act(() => host.drop({ kind: "leave" }));
    expect(screen.queryByTestId("drop-overlay")).not.toBeInTheDocument();
  });

  test("a refused folder says why and can be dismissed", async () => {
    const { host, user } = open([idle("old", 0)]);
    host.refuse("add", wireError({ code: "PATH_NOT_FOLDER", message: "/a is a file.", action: "Choose its folder." }));
    act(() => host.drop({ kind: "drop", paths: ["/a"] }));
    expect(await screen.findByRole("alert")).toHaveTextContent("/a is a file. Choose its folder.");
    await user.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByTestId("adding-row")).not.toBeInTheDocument();
  });
});

describe("the list", () => {
  test("shows each state with its proof and acts at a press", async () => {
    const { host, user } = open([fine("shop", 0), idle("blog", 1)]);
    expect(row("shop")).toHaveAttribute("data-state", "healthy");
    expect(row("shop")).toHaveTextContent(/Healthy.*All four services proven · 2 s ago/);
    expect(await findings()).toEqual([]);
    await user.click(within(row("blog")).getByTestId("start"));
    expect(within(row("blog")).getByTestId("start")).toHaveAttribute("aria-busy", "true");
    await user.click(within(row("shop")).getByTestId("open-frontend"));
    expect(host.opened).toEqual(["http://127.0.0.1:3000"]);
    act(() => host.change(project({ state: "queued", since: 0 }, { name: "blog", slot: 1 })));
    expect(row("blog")).toHaveAttribute("data-state", "waiting");
    expect(within(row("blog")).getByTestId("stop")).toHaveTextContent("Cancel");
  });

  test("a press that the Hub refuses is told with what to do", async () => {
    const { host, user } = open([idle("blog", 1)]);
    host.refuse("start", wireError({ message: "The Hub is ending.", action: "Open it again." }));
    await user.click(screen.getByTestId("start"));
    expect(await screen.findByTestId("toast")).toHaveTextContent("The Hub is ending.Open it again.");
    await waitFor(() => expect(screen.getByTestId("start")).not.toHaveAttribute("aria-busy"));
  });

  test("is narrowed by / and widened by Esc", async () => {
    const { user } = open([fine("shop", 0), idle("blog", 1)]);
    await user.keyboard("/");
    await waitFor(() => expect(screen.getByTestId("filter")).toHaveFocus());
    await user.keyboard("blo");
    expect(screen.getAllByTestId("project-row")).toHaveLength(1);
    await user.keyboard("zzz");
    expect(screen.getByText(/No project matches/)).toBeInTheDocument();
    await user.keyboard("{Escape}");
    expect(screen.getAllByTestId("project-row")).toHaveLength(2);
  });

  test("rows stay where they are while the pointer is among them", async () => {
    const { host, user } = open([fine("a", 0), fine("b", 1)]);
    const names = () => screen.getAllByTestId("project-row").map((each) => each.querySelector("a")?.textContent);
    await user.hover(row("b"));
    act(() => host.change(project({ state: "failed", error: wireError() }, { name: "b", slot: 1 })));
    expect(names()).toEqual(["a", "b"]);
    await user.unhover(screen.getByRole("list", { name: "Projects" }));
    await waitFor(() => expect(names()).toEqual(["b", "a"]));
  });

  test("is worked by keyboard alone", async () => {
    const { host, app, user } = open([fine("shop", 0), idle("blog", 1)]);
    await user.keyboard("{ArrowDown}{ArrowDown}");
    expect(within(row("blog")).getByRole("link", { name: "blog" })).toHaveFocus();
    await user.keyboard("s");
    expect(host.calls.at(-1)).toMatchObject({ command: "start" });
    await user.keyboard("{ArrowUp}o");
    expect(host.opened).toHaveLength(1);
    await user.keyboard("l");
    expect(app.route.get()).toMatchObject({ page: "project", tab: "logs" });
    await user.keyboard("{Escape}{Escape}");
    expect(app.route.get()).toEqual({ page: "projects" });
  });
});

describe("a project", () => {
  const at = (view: ProjectView, tab = "overview") => `#/projects/${view.id}/${tab}`;

  test("shows four services, each with proof, port and use", async () => {
    const view = fine("shop", 0);
    const { host, user } = open([view], at(view));
    const rows = screen.getAllByTestId("service-row");
    expect(rows.map((each) => [each.dataset.service, each.dataset.state])).toEqual([
      ["postgres", "healthy"],
      ["redis", "healthy"],
      ["backend", "healthy"],
      ["frontend", "healthy"],
    ]);
    expect(rows[0]).toHaveTextContent(
      /PostgreSQL 15\.14 · pid 4000 · as ada.*SQL answered · 2 s ago.*:5432.*84 of 2,048 MB/,
    );
    expect(await findings()).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Restart redis" }));
    expect(host.calls.at(-1)).toEqual({ command: "restart", params: { project: view.id, service: "redis" } });
  });

  test("a limit that binds nobody says so, with the reason", async () => {
    const view = project(
      { state: "running", since: 0, health: "healthy" },
      {
        services: (name, slot) =>
          service(
            name,
            slot,
            { state: "running", since: 0, health: { health: "unknown", last: { what: "x", at: 0, took_ms: 1 } } },
            {
              enforcement: { not_enforced: { because: "there is no cgroup." } },
            },
          ),
      },
    );
    const { user } = open([view], at(view));
    const notes = screen.getAllByRole("button", { name: "not enforced" });
    await user.hover(notes[0] as HTMLElement);
    expect(await screen.findByText("Limits are not enforced here, because there is no cgroup.")).toBeInTheDocument();
  });

  test("an account that nobody saw says so, with the reason", async () => {
    const view = project(
      { state: "running", since: 0, health: "healthy" },
      {
        services: (name, slot) =>
          service(
            name,
            slot,
            { state: "running", since: 0, health: { health: "unknown", last: { what: "x", at: 0, took_ms: 1 } } },
            {
              non_root: { not_enforced: { because: "the engine's side cannot be reached." } },
            },
          ),
      },
    );
    const { user } = open([view], at(view));
    const notes = screen.getAllByRole("button", { name: "account unconfirmed" });
    await user.hover(notes[0] as HTMLElement);
    const words = "Not seen to run without the rights of root, because the engine's side cannot be reached.";
    expect(await screen.findByText(words)).toBeInTheDocument();
  });

  test("a folder that is synced with a copy says so, and which versions are kept twice", async () => {
    const folder = { access: "synced both ways with a copy on the engine", conflicts: [], trouble: null };
    const shop = { ...fine("shop", 0), folder };
    const { host } = open([shop], `#/projects/${shop.id}`);
    expect(screen.getByTestId("folder-notice")).toHaveTextContent("The folder is synced both ways");
    const kept = "notes (conflict from container, 2026-11-25 10.15 UTC).txt";
    act(() => host.snapshot([{ ...shop, folder: { ...folder, conflicts: [kept], trouble: '"big" is not synced' } }]));
    expect(screen.getByTestId("folder-notice")).toHaveTextContent(kept);
    expect(screen.getByText('"big" is not synced')).toBeInTheDocument();
    expect(await findings()).toEqual([]);
    act(() => host.snapshot([{ ...shop, folder: null }]));
    expect(screen.queryByTestId("folder-notice")).toBeNull();
  });

  test("a start is a timeline that can be called off", async () => {
    const view = project({
      state: "starting",
      since: Date.now(),
      doing: { step: "Downloading PostgreSQL 15.18", done: 12_000_000, whole: 34_000_000 },
    });
    const { host, user } = open([view], at(view));
    expect(screen.getByTestId("start-progress")).toHaveTextContent("Downloading PostgreSQL 15.1812.0 of 34.0 MB");
    expect(screen.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "35");
    await user.click(screen.getByTestId("stop"));
    expect(host.calls.at(-1)).toEqual({ command: "stop", params: { project: view.id } });
  });

  test("a held port names its holder and is one press away from a free one", async () => {
    const error = wireError({
      code: "PORT_HELD",
      message: "Port 5433 is held by postgres (pid 812).",
      action: "Use 5437 instead?",
      offer: { service: "postgres", held: 5433, free: 5437 },
    });
    const view = project({ state: "failed", error });
    const { host, user } = open([view], at(view));
    host.on("set", () => view).on("start", () => view);
    const card = screen.getByTestId("failure-card");
    expect(card).toHaveTextContent("Port 5433 is held by postgres (pid 812).Use 5437 instead?");
    expect(await findings()).toEqual([]);
    await user.click(within(card).getByTestId("use-port"));
    await waitFor(() => expect(host.calls.map((call) => call.command)).toEqual(["set", "start"]));
  });

  test("a service that ended shows its last lines and leads to its log", async () => {
    const view = project({ state: "failed", error: wireError({ log_tail: ["Traceback", "ValueError: no"] }) });
    const { app, user } = open([view], at(view));
    const card = screen.getByTestId("failure-card");
    expect(within(card).getByLabelText("Last lines")).toHaveTextContent("Traceback ValueError: no");
    await user.click(within(card).getByRole("button", { name: "Open log" }));
    expect(app.route.get()).toMatchObject({ tab: "logs", service: "backend" });
  });

  test("one that is not registered says so", () => {
    open([], "#/projects/gone12345/overview");
    expect(screen.getByRole("heading", { name: "This project is not registered" })).toBeInTheDocument();
  });

  test("settings send what changed, and a refusal stays beside the button", async () => {
    const view = idle("shop", 0);
    const { host, user } = open([view], at(view, "settings"));
    expect(await findings()).toEqual([]);
    const port = screen.getByLabelText("Port of redis");
    await user.clear(port);
    await user.type(port, "80");
    expect(port).toBeInvalid();
    expect(screen.getByTestId("save-settings")).toBeDisabled();
    await user.clear(port);
    await user.type(port, "6400");
    host.refuse(
      "set",
      wireError({ code: "PORT_LEASED", message: "Port 6400 belongs to blog.", action: "Take another." }),
    );
    await user.click(screen.getByTestId("save-settings"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Port 6400 belongs to blog. Take another.");
    host.on("set", () => ({ ...view, ports: { ...view.ports, redis: 6400 } }));
    await user.click(screen.getByTestId("save-settings"));
    expect(await screen.findByTestId("toast")).toHaveTextContent("Saved");
    expect(host.calls.at(-1)).toEqual({ command: "set", params: { project: view.id, ports: { redis: 6400 } } });
  });

  test("removing names what goes and what stays, asks once, and goes home", async () => {
    const view = fine("shop", 0);
    const { app, host, user } = open([view], at(view, "settings"));
    host.on("remove", () => ({ left: [] }));
    await user.click(screen.getByTestId("remove"));
    const dialog = await screen.findByRole("alertdialog", { name: "Remove shop?" });
    expect(dialog).toHaveTextContent(/Goes: its PostgreSQL database.*Stays: the folder \/home\/ada\/Projects\/shop/);
    await user.click(within(dialog).getByRole("button", { name: "Stop and remove" }));
    await waitFor(() => expect(app.route.get()).toEqual({ page: "projects" }));
    expect(host.calls).toEqual([{ command: "remove", params: { project: view.id } }]);
  });
});

describe("the log", () => {
  test("paints lines, hides a service, finds text", async () => {
    const view = fine("shop", 0);
    const { host, user } = open([view], `#/projects/${view.id}/logs`);
    act(() =>
      host.lines({
        lines: [logLine(1, "hello"), logLine(2, "PONG", { service: "redis" }), logLine(3, "hello again")],
        missed: 0,
      }),
    );
    const texts = () => screen.queryAllByTestId("log-line").map((line) => line.textContent);
    await waitFor(() => expect(texts()).toEqual(["backendhello", "redisPONG", "backendhello again"]));
    expect(await findings()).toEqual([]);
    await user.click(screen.getByRole("button", { name: "redis" }));
    await waitFor(() => expect(texts()).toEqual(["backendhello", "backendhello again"]));
    await user.keyboard("{Control>}f{/Control}hello");
    expect(await screen.findByText("2 of 2")).toBeInTheDocument();
    await waitFor(() => expect(document.querySelectorAll("mark")).toHaveLength(2));
    await user.keyboard("{Shift>}{Enter}{/Shift}");
    expect(screen.getByText("1 of 2")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Clear view; nothing is deleted" }));
    await waitFor(() => expect(texts()).toEqual([]));
    await user.click(screen.getByRole("button", { name: "Show cleared lines" }));
    await waitFor(() => expect(texts()).toHaveLength(2));
  });

  test("leaving the page ends the stream", () => {
    const view = fine("shop", 0);
    const { app, host } = open([view], `#/projects/${view.id}/logs`);
    expect(host.followers).toBe(1);
    act(() => app.route.go({ page: "projects" }));
    expect(host.followers).toBe(0);
  });
});

describe("over every page", () => {
  test("the palette finds a project's action and runs it", async () => {
    const { host, user } = open([fine("shop", 0), idle("blog", 1)]);
    await user.keyboard("{Control>}k{/Control}");
    const palette = await screen.findByTestId("palette");
    expect(await findings()).toEqual([]);
    await user.type(within(palette).getByRole("combobox"), "start blog{Enter}");
    await waitFor(() => expect(screen.queryByTestId("palette")).not.toBeInTheDocument());
    expect(host.calls.at(-1)).toMatchObject({ command: "start" });
  });

  test("? shows the shortcuts", async () => {
    const { user } = open([]);
    await user.keyboard("?");
    expect(await screen.findByRole("dialog", { name: "Shortcuts" })).toHaveTextContent("Open in browser");
    expect(await findings()).toEqual([]);
  });

  test("letters typed into a field are no shortcuts", async () => {
    const { host, user } = open([idle("blog", 1)]);
    await user.type(screen.getByTestId("filter"), "sol?a");
    expect(host.calls).toEqual([]);
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  });

  test("a Hub that went away is told and its return too", () => {
    const { host } = open([fine("shop", 0)]);
    act(() => host.push({ kind: "lost", reason: null }));
    expect(screen.getByTestId("connection-lost")).toHaveTextContent("The Hub does not answer.");
    expect(row("shop")).toBeInTheDocument();
    act(() => host.snapshot([fine("shop", 0)]));
    expect(screen.queryByTestId("connection-lost")).not.toBeInTheDocument();
  });

  test.each([
    ["quit-leave", "leave"],
    ["quit-stop", "stop"],
  ])("quitting names what runs; %s answers %s", async (button, choice) => {
    const { host, user } = open([fine("shop", 0), idle("blog", 1)]);
    act(() => host.askQuit());
    const dialog = await screen.findByRole("dialog", { name: "Quit CommandCenter Hub?" });
    expect(dialog).toHaveTextContent("Still running: shop.");
    expect(await findings()).toEqual([]);
    await user.click(within(dialog).getByTestId(button));
    expect(host.quits).toEqual([choice]);
  });

  test("the theme is chosen in the settings, the runtime of new projects too", async () => {
    const host = new FakeHost();
    host.on("settings", () => ({ default_runtime: "auto" })).on("set_settings", () => ({ default_runtime: "native" }));
    const { user } = open([], "#/settings", host);
    await user.click(screen.getByRole("radio", { name: "Dark" }));
    expect(document.documentElement.dataset.theme).toBe("dark");
    await user.click(await screen.findByRole("radio", { name: "This machine" }));
    await waitFor(() => expect(screen.getByRole("radio", { name: "This machine" })).toBeChecked());
    expect(await findings()).toEqual([]);
  });

  test("the doctor lists what needs action first and can be asked again", async () => {
    const host = new FakeHost();
    host.on("doctor", () => [
      { id: "redis", title: "Redis", verdict: "ok", found: "7.0.15", action: "" },
      { id: "disk", title: "Disk space", verdict: "failed", found: "180 MB are free.", action: "Free 1 GB." },
    ]);
    const { user } = open([], "#/doctor", host);
    const checks = await screen.findAllByTestId("doctor-check");
    expect(checks.map((check) => check.dataset.verdict)).toEqual(["failed", "ok"]);
    expect(screen.getByRole("status")).toHaveTextContent("1 of 2 checks needs action");
    expect(await findings()).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Check again" }));
    await waitFor(() => expect(host.calls).toHaveLength(2));
  });
});
