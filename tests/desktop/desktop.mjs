/*
 * A desktop of a test's own: a display, a session bus, a Hub home, and the real program on it, driven through WebDriver.
 * Everything started here is ended with the test.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { at, built, profile } from "../../scripts/setup/places.mjs";
import { temporary } from "../fixtures/folders.mjs";
import { environmentOf, prepare } from "../fixtures/hub.mjs";
import { freePorts } from "../fixtures/ports.mjs";
import { processesOf, runs } from "../fixtures/processes.mjs";
import { until } from "../fixtures/until.mjs";

export const program = built("cchub-desktop", profile("dev"));
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const script = (name) => at("tests/desktop/scripts", name);

export class Desktop {
  /** @param {import("node:test").TestContext} test @param {{windowManager?: boolean}} [options] */
  static async start(test, { windowManager = false } = {}) {
    const desktop = new Desktop(temporary(test, "cchub-desktop"));
    test.after(() => desktop.end());
    await desktop.#open(windowManager);
    return desktop;
  }

  constructor(folder) {
    this.home = join(folder, "hub");
    this.runtime = join(folder, "runtime");
    this.children = [];
    prepare(this.home);
    mkdirSync(this.runtime, { mode: 0o700 });
    const own = { XDG_RUNTIME_DIR: this.runtime, NO_AT_BRIDGE: "1", GTK_A11Y: "none" };
    // The window belongs on this display, not on one of the user's.
    this.env = { ...environmentOf(this.home), ...own };
    delete this.env.WAYLAND_DISPLAY;
  }

  async #open(windowManager) {
    // The display's number is told on descriptor 3.
    const screen = ["-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"];
    const display = this.spawn("Xvfb", ["-displayfd", "3", ...screen], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    this.env.DISPLAY = `:${await firstLine(display.stdio[3])}`;
    const quiet = { stdio: ["ignore", "pipe", "ignore"] };
    const bus = this.spawn("dbus-daemon", ["--session", "--nofork", "--print-address=1"], quiet);
    this.env.DBUS_SESSION_BUS_ADDRESS = await firstLine(bus.stdout);
    if (windowManager) this.spawn("openbox", [], { stdio: "ignore" });
  }

  /** Starts a process on this desktop. */
  spawn(command, words, options = {}) {
    const stdio = options.stdio ?? ["pipe", "pipe", "inherit"];
    const child = spawn(command, words, { cwd: this.home, ...options, env: { ...this.env, ...options.env }, stdio });
    this.children.push(child);
    return child;
  }

  /** Starts a script that says "ready" or "shown" when it is. */
  async script(name, ...words) {
    const child = this.spawn("/usr/bin/python3", [script(name), ...words]);
    child.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await child.lines.next();
    return child;
  }

  /** A tray host that can be asked for trays and told to press items. */
  async trayHost() {
    const child = await this.script("tray_host.py");
    const ask = async (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const answer = JSON.parse((await child.lines.next()).value);
      if (answer.fault) throw new Error(answer.fault);
      return answer;
    };
    const trays = async () => (await ask({ op: "trays" })).filter(({ status }) => status !== "Passive");
    const press = (...path) =>
      until(`the tray's item ${path.join(" / ")}`, async () => (await ask({ op: "press", tray: "hub", path })).pressed);
    return { trays, press, child };
  }

  /** Runs a program of X to its end. */
  async run(command, ...words) {
    const child = this.spawn(command, words);
    let text = "";
    child.stdout.on("data", (piece) => (text += piece));
    const [code] = await once(child, "close");
    return { code, text: text.trim() };
  }

  /** Starts the program without WebDriver. */
  launch(...words) {
    const child = this.spawn(program, words, { stdio: ["ignore", "ignore", "pipe"] });
    child.text = "";
    child.stderr.setEncoding("utf8").on("data", (piece) => (child.text += piece));
    child.ended = once(child, "close").then(([code, signal]) => code ?? signal);
    return child;
  }

  /** Starts the program in a WebDriver session. */
  async drive(...args) {
    const [port] = await freePorts(1);
    const words = [`--port=${port}`, "--host=127.0.0.1"];
    this.spawn("WebKitWebDriver", words, { stdio: "ignore", env: { TAURI_WEBVIEW_AUTOMATION: "true" } });
    const page = new Page(`http://127.0.0.1:${port}`);
    await until("WebDriver is ready", async () => (await page.request("GET", "/status")).ready);
    const options = { "webkitgtk:browserOptions": { binary: program, args } };
    const session = await page.request("POST", "/session", { capabilities: { alwaysMatch: options } });
    page.session = session.sessionId;
    return page;
  }

  /** Ids of processes of the program itself. */
  programs() {
    return processesOf(this.home).filter((pid) => readLink(pid).includes("cchub-desktop"));
  }

  /** Ids of visible windows of the Hub. */
  async windows() {
    const { text } = await this.run("xdotool", "search", "--onlyvisible", "--name", "^CommandCenter Hub$");
    return text.split("\n").filter(Boolean);
  }

  /** Asks the desktop's Hub over loopback, as `cchub` does. */
  async call(cmd, params = {}) {
    const { port } = JSON.parse(readFileSync(join(this.home, "hub.json"), "utf8"));
    const token = readFileSync(join(this.home, "token"), "utf8").trim();
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/rpc`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ cmd, params }),
      signal: AbortSignal.timeout(180_000),
    });
    const value = await response.json();
    if (!response.ok) throw new Error(`${cmd}: ${value.code} ${value.message} (${value.cause})`);
    return value;
  }

  /** Registers a folder under ports that no other test has. */
  async add(path) {
    const project = await until("the Hub answers", () => this.call("add", { path }));
    const [postgres, redis, backend, frontend] = await freePorts(4);
    return this.call("set", { project: project.id, ports: { postgres, redis, backend, frontend } });
  }

  async end() {
    for (const pid of this.programs()) signal(pid, "SIGTERM");
    await until("the program ends", () => this.programs().length === 0, { patience: 60_000 }).catch(() => undefined);
    for (const child of this.children.reverse()) if (runs(child.pid)) child.kill("SIGKILL");
    for (const pid of processesOf(this.home)) signal(pid, "SIGKILL");
  }
}

/** The page in the window. */
class Page {
  constructor(base) {
    this.base = base;
  }

  async request(method, path, body) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(`${this.base}${path}`, { method, body: text, signal: AbortSignal.timeout(60_000) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${path}: ${value.error} ${value.message}`);
    return value;
  }

  ask(method, path, body) {
    return this.request(method, `/session/${this.session}${path}`, body);
  }

  /** Waits for an element. */
  element(css) {
    const find = () => this.ask("POST", "/element", { using: "css selector", value: css });
    return until(`the element ${css}`, async () => (await find())[ELEMENT]);
  }

  async click(css) {
    await until(`${css} can be pressed`, async () => {
      await this.ask("POST", `/element/${await this.element(css)}/click`, {});
      return true;
    });
  }

  /** Presses something that takes the window away, and WebDriver's answer with it. */
  async clickLast(css) {
    const element = await this.element(css);
    await this.ask("POST", `/element/${element}/click`, {}).catch((fault) => {
      if (!fault.message.includes("no such window")) throw fault;
    });
  }

  async text(css = "body") {
    return this.ask("GET", `/element/${await this.element(css)}/text`);
  }

  /** Waits until an element's text contains something. */
  reads(css, words) {
    return until(`${css} reads ${words}`, async () => (await this.text(css)).includes(words));
  }

  async picture(path) {
    writeFileSync(path, Buffer.from(await this.ask("GET", "/screenshot"), "base64"));
  }
}

const readLink = (pid) => readFileSync(`/proc/${pid}/comm`, "utf8");

export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (fault) {
    if (fault.code !== "ESRCH") throw fault;
  }
}

async function firstLine(stream) {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error("a process ended before it said anything");
}
