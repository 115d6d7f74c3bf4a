/*
 * System packages, through apt. Only what is missing is installed, without recommendations; a user who is not root is
 * asked first. Databases are not installed here: the Hub uses what it finds or fetches its own, because Debian's
 * packages would start servers of their own.
 */
import { createInterface } from "node:readline/promises";
import { ask, converse, must, run } from "./child.mjs";
import { onPath } from "./places.mjs";
import { Advice, note, step, warn } from "./say.mjs";

/** Packages by purpose. A package with `instead` is not needed where that program is on the PATH. */
export const PACKAGES = {
  programs: [
    { name: "build-essential", instead: "cc" },
    { name: "python3", instead: "python3" },
  ],
  window: ["pkg-config", "libwebkit2gtk-4.1-dev", "libgtk-3-dev", "libayatana-appindicator3-dev"].map((name) => ({
    name,
  })),
  python: [{ name: "python3-venv" }, { name: "python3-pip" }],
  tests: [
    { name: "git", instead: "git" },
    { name: "chromium", instead: "chromium" },
    ...[
      "xvfb",
      "dbus-x11",
      "webkit2gtk-driver",
      "python3-gi",
      "gir1.2-gtk-3.0",
      "xdotool",
      "openbox",
      "wmctrl",
      "x11-utils",
      "fonts-dejavu-core",
      "adwaita-icon-theme",
    ].map((name) => ({ name })),
  ],
};

/** The packages for these purposes that are not there. */
export async function missing(purposes) {
  const wanted = purposes
    .flatMap((purpose) => PACKAGES[purpose])
    .filter(({ instead }) => instead === undefined || onPath(instead) === undefined)
    .map(({ name }) => name);
  if (wanted.length === 0) return [];
  const query = ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\\n", ...wanted];
  // It ends with 1 when it knows none of a name; what it does know is printed all the same.
  const { stdout } = await run(query, { output: "keep", bound: 60_000 });
  const installed = new Set(
    stdout
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return wanted.filter((name) => !installed.has(name));
}

/** Makes sure that the packages for these purposes are there, where the system has apt. */
export async function ensurePackages(purposes, { yes }) {
  if (onPath("apt-get") === undefined || onPath("dpkg-query") === undefined) {
    note("No apt on this system: what the build needs must be there already (see README.md).");
    return;
  }
  const absent = await missing(purposes);
  if (absent.length === 0) return;
  const root = process.getuid?.() === 0;
  const prefix = root ? [] : ["sudo"];
  const install = [...prefix, "apt-get", "install", "-y", "--no-install-recommends", ...absent];
  if (!root) await permit(absent, install, yes);
  await step(`Installing ${absent.length} system packages: ${absent.join(" ")}`, async () => {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const update = await apt([...prefix, "apt-get", "update", "-q"], env, root);
    if (update !== 0) warn("The package lists could not be refreshed; going on with the ones that are there.");
    if ((await apt(install, env, root)) !== 0) {
      throw new Advice(
        "The system packages could not be installed.",
        `Install them, then try again:\n  ${install.join(" ")}`,
      );
    }
  });
}

async function apt(words, env, root) {
  if (!root) return converse(["sudo", ...Object.entries(env).map(([k, v]) => `${k}=${v}`), ...words.slice(1)]);
  return (await run(words, { env })).code;
}

async function permit(absent, install, yes) {
  if (onPath("sudo") === undefined) {
    throw new Advice(
      `These system packages are missing: ${absent.join(" ")}.`,
      `As root, run: ${install.slice(1).join(" ")}`,
    );
  }
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new Advice(
      `These system packages are missing: ${absent.join(" ")}.`,
      `Run: ${install.join(" ")}\nor pass --yes.`,
    );
  }
  const talk = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await talk.question(
    `These system packages are missing: ${absent.join(" ")}\nInstall them with sudo now? [Y/n] `,
  );
  talk.close();
  if (!["", "y", "yes"].includes(answer.trim().toLowerCase())) {
    throw new Advice("Nothing was installed.", `When you are ready: ${install.join(" ")}`);
  }
}

/** Python at least 3.11 with a way to build an environment: uv, or venv and pip. */
export async function ensurePython(options) {
  if (onPath("uv") === undefined && !(await hasVenv())) await ensurePackages(["python"], options);
  const version = await ask(["python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
  const [major, minor] = (version ?? "0.0").split(".").map(Number);
  if (major < 3 || (major === 3 && minor < 11)) {
    throw new Advice(
      version === undefined ? "Python is not on this system." : `Python ${version} is too old.`,
      "Install Python 3.11 or newer, so that `python3` finds it.",
    );
  }
}

async function hasVenv() {
  return (await ask(["python3", "-c", "import venv, ensurepip, pip"])) !== undefined;
}

/** uv: the system's, else one of our own in the target folder, at the version the Hub itself pins. */
export async function ensureUv(folder, pin) {
  const there = onPath("uv");
  if (there !== undefined) return there;
  const own = `${folder}/bin/uv`;
  const version = await ask([own, "--version"]);
  if (version?.includes(pin.split("==")[1])) return own;
  await step(`Fetching ${pin}`, async () => {
    await must(["python3", "-m", "venv", folder], { output: "keep" });
    await must([`${folder}/bin/pip`, "install", "--quiet", "--disable-pip-version-check", pin], { output: "keep" });
  });
  return own;
}
