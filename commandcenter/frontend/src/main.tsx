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

const root = document.getElementById("root");
if (!root) throw new Error("the page has no place for the application");

const config = readConfig(document);
const api = createApi(config);
const live = new LiveEvents(api);
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A backend that restarts is asked again until it is there; what it refuses is not.
      retry: (failures, error) => error instanceof ApiError && error.isPassing && failures < 20,
      retryDelay: (failures) => Math.min(250 * 2 ** failures, 3000),
      refetchOnWindowFocus: false,
    },
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
