/*
 * Mounts the real UI over a fake Hub in the scene that the address names: `?scene=list&theme=dark`.
 */
import "@cchub/kit/tokens.css";
import "@cchub/kit/base.css";
import { createRoot } from "react-dom/client";
import { App } from "../../src/app";
import { Shell } from "../../src/Shell";
import { FakeHost } from "../fakeHost";
import { scenes } from "./scenes";

const query = new URLSearchParams(location.search);
const scene = scenes(Date.now())[query.get("scene") ?? "list"];
const root = document.getElementById("root");
if (!scene || !root) throw new Error("the gallery has no such scene");
history.replaceState(null, "", `${location.pathname}${location.search}${scene.hash}`);
const theme = query.get("theme");
localStorage.setItem("cchub.preferences", JSON.stringify({ theme }));

const host = new FakeHost(query.get("host") === "page" ? "page" : "desktop");
host.on("doctor", () => [
  {
    id: "postgres",
    title: "PostgreSQL",
    verdict: "ok",
    found: "PostgreSQL 15.14 of this system, /usr/lib/postgresql/15/bin",
    action: "",
  },
  { id: "redis", title: "Redis", verdict: "ok", found: "Redis 7.0.15, downloaded and verified", action: "" },
  {
    id: "limits",
    title: "Resource limits",
    verdict: "warning",
    found: "Limits are watched, not enforced: this account has no cgroup of its own.",
    action: "Log in through systemd, or run the Hub as root.",
  },
  {
    id: "disk",
    title: "Disk space",
    verdict: "failed",
    found: "180 MB are free where the Hub home lies.",
    action: "Free at least 1 GB.",
  },
]);
host.on("settings", () => ({ default_runtime: "auto" }));
Object.assign(window, { fakeHost: host });
createRoot(root).render(<Shell app={new App(host, window)} />);
requestAnimationFrame(() =>
  requestAnimationFrame(() => {
    scene.play(host);
    root.dataset.sceneReady = "true";
  }),
);
