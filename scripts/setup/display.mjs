/*
 * Whether a window can be shown: the display that the environment names must answer, since the variable may be left over
 * from a session that has ended.
 */
import { connect } from "node:net";
import { join } from "node:path";

const BOUND = 2_000;

function answers(address) {
  return new Promise((resolve) => {
    const socket = connect(address);
    const done = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(BOUND, () => done(false));
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}

/** Where the X server named by DISPLAY may listen, e.g. ":0", "localhost:10.0"; none when it cannot be read. */
export function xAddresses(display) {
  const match = /^(?:(?<host>[^:/]*)|(?<other>.*)):(?<number>\d+)(?:\.\d+)?$/.exec(display);
  if (match === null) return [];
  const { host, number } = match.groups;
  const tcp = { host: host || "localhost", port: 6000 + Number(number) };
  const local = `/tmp/.X11-unix/X${number}`;
  return host === "" || host === "unix" || host === undefined ? [local, `\0${local}`] : [tcp];
}

/** True when a window can be shown. */
export async function hasDisplay(environment = process.env, platform = process.platform) {
  if (platform !== "linux") return true;
  const { WAYLAND_DISPLAY: wayland, XDG_RUNTIME_DIR: runtime, DISPLAY: x } = environment;
  if (wayland !== undefined && wayland !== "") {
    const path = wayland.startsWith("/") ? wayland : join(runtime ?? "/nowhere", wayland);
    if (await answers(path)) return true;
  }
  for (const address of xAddresses(x ?? "")) {
    if (await answers(address)) return true;
  }
  return false;
}
