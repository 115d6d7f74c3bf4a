/*
 * Where the user is, kept in the address's fragment so that the back button and a reload work in the window and on the
 * page alike.
 */
import type { Service } from "../api";
import { Store } from "./store";

export const TABS = ["overview", "logs", "settings"] as const;
export type Tab = (typeof TABS)[number];

export type Route =
  | { page: "projects" }
  | { page: "project"; id: string; tab: Tab; service?: Service | undefined }
  | { page: "settings" }
  | { page: "doctor" };

const SERVICES: readonly string[] = ["postgres", "redis", "backend", "frontend"] satisfies Service[];

export function parseRoute(fragment: string): Route {
  const [path = "", query = ""] = fragment.replace(/^#\/?/, "").split("?");
  const [page, id, tab] = path.split("/").map(decoded);
  if (page === "settings" || page === "doctor") return { page };
  if (page !== "projects" || !id) return { page: "projects" };
  const service = new URLSearchParams(query).get("service");
  return {
    page: "project",
    id,
    tab: TABS.find((known) => known === tab) ?? "overview",
    ...(service && SERVICES.includes(service) ? { service: service as Service } : {}),
  };
}

/** A part of an address as text; a malformed one, typed by hand, as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function formatRoute(route: Route): string {
  if (route.page !== "project") return `#/${route.page}`;
  const query = route.service ? `?service=${route.service}` : "";
  return `#/projects/${encodeURIComponent(route.id)}/${route.tab}${query}`;
}

export class RouteStore extends Store<Route> {
  constructor(private readonly page: Window) {
    super(parseRoute(page.location.hash));
  }

  /** Follows the address until the returned function is called. */
  open(): () => void {
    const read = () => this.set(parseRoute(this.page.location.hash));
    this.page.addEventListener("hashchange", read);
    return () => this.page.removeEventListener("hashchange", read);
  }

  go(route: Route): void {
    this.page.location.hash = formatRoute(route);
    this.set(route);
  }

  /** One level up; the project list is the top. */
  up(): void {
    const here = this.get();
    if (here.page === "project" && here.tab !== "overview") this.go({ page: "project", id: here.id, tab: "overview" });
    else if (here.page !== "projects") this.go({ page: "projects" });
  }
}
