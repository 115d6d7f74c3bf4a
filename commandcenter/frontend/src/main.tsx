/*
 * Puts the page together: what it was served with, the way to its backend, the live stream.
 */
import "@cchub/kit/tokens.css";
import "@cchub/kit/base.css";
import "./app.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { ApiError, createApi } from "./api/client";
import { LiveEvents } from "./api/live";
import { readConfig } from "./config";
import { loadPages, pageOf } from "./shell/pages";
import { parseRoute } from "./shell/router";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no place for the application");

const config = readConfig(document);
const api = createApi(config);
const live = new LiveEvents(api);
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What is not there right now is asked again until it is, and the page says so; what is refused is not.
      retry: (_, error) => error instanceof ApiError && error.isPassing,
      // Loopback needs no network.
      networkMode: "always",
      retryDelay: (failures) => Math.min(250 * 2 ** failures, 3000),
      refetchOnWindowFocus: false,
    },
    mutations: { networkMode: "always" },
  },
});

void live.run();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App api={api} live={live} config={config} />
    </QueryClientProvider>
  </StrictMode>,
);
// A page that cannot be loaded now is loaded when it is shown, and what keeps it away is told there.
void loadPages(pageOf(parseRoute(window.location.hash))).catch(() => undefined);
