/*
 * The entry: finds out which host carries the page, then mounts the UI. Nothing else happens at load.
 */
import "@cchub/kit/tokens.css";
import "@cchub/kit/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { chooseHost } from "./host";
import { Shell } from "./Shell";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
const app = new App(await chooseHost(window), window);
createRoot(root).render(
  <StrictMode>
    <Shell app={app} />
  </StrictMode>,
);
