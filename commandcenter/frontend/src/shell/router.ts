/*
 * Where the user is, kept in the address's fragment: `#/files/<id>?line=12`. A store read through useSyncExternalStore;
 * the back button, a reload and a shared link all lead to the same place. Knows no page.
 */
import { createContext, use, useSyncExternalStore } from "react";

/** A place in the workbench: a page, what of it is shown, and how. */
export interface Route {
  page: string;
  /** What the page shows, e.g. a file's id; null for the page itself. */
  id: string | null;
  params: URLSearchParams;
}

/** Values for the query of an address; what is empty or absent is left out. */
export type Params = Readonly<Record<string, string | number | boolean | null | undefined>>;

export function parseRoute(fragment: string): Route {
  const [path, query] = splitOnce(fragment.replace(/^#\/?/, ""), "?");
  const [page, id] = splitOnce(path, "/");
  return { page: decoded(page), id: id === "" ? null : decoded(id), params: new URLSearchParams(query) };
}

/** The address of a place, for links and for Router.go. */
export function hrefTo(page: string, id: string | null = null, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "" && value !== false) query.set(name, String(value));
  }
  const text = query.toString();
  return `#/${encodeURIComponent(page)}${id === null ? "" : `/${encodeURIComponent(id)}`}${text ? `?${text}` : ""}`;
}

/** One level up from a place; null where there is nothing above it. */
export function above(route: Route): string | null {
  if ([...route.params.keys()].length > 0 && route.id !== null) return hrefTo(route.page, route.id);
  if (route.id !== null) return hrefTo(route.page);
  return null;
}

export class Router {
  #route: Route;
  readonly #listeners = new Set<() => void>();
  readonly #memory = new Map<string, unknown>();

  constructor(private readonly window: Window) {
    this.#route = parseRoute(window.location.hash);
  }

  get = (): Route => this.#route;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Follows the address until the returned function is called. */
  open(): () => void {
    const read = () => this.#read();
    this.window.addEventListener("hashchange", read);
    read();
    return () => this.window.removeEventListener("hashchange", read);
  }

  /** Goes somewhere; the back button comes back. */
  go(href: string): void {
    this.window.location.hash = href;
    this.#read();
  }

  /** Says where the user is without a step in the history, e.g. while a query is typed. */
  replace(href: string): void {
    this.window.history.replaceState(this.window.history.state, "", href);
    this.#read();
  }

  /** Keeps what a page wants to find again when the user comes back, e.g. how far a list was scrolled. */
  remember(name: string, value: unknown): void {
    this.#memory.set(name, value);
  }

  recall(name: string): unknown {
    return this.#memory.get(name);
  }

  #read(): void {
    const next = parseRoute(this.window.location.hash);
    const same =
      next.page === this.#route.page &&
      next.id === this.#route.id &&
      next.params.toString() === this.#route.params.toString();
    if (same) return;
    this.#route = next;
    for (const listener of this.#listeners) listener();
  }
}

const RouterContext = createContext<Router | null>(null);

export const RouterProvider = RouterContext.Provider;

export function useRouter(): Router {
  const router = use(RouterContext);
  if (!router) throw new Error("useRouter is called outside the application's frame");
  return router;
}

/** The current place; the component follows it. */
export function useRoute(): Route {
  const router = useRouter();
  return useSyncExternalStore(router.subscribe, router.get);
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** A part of an address as text; a malformed one, typed by hand, as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
