/*
 * The bearer token of the loopback page: it comes in the address's fragment, which no server ever sees, moves into this
 * tab's session storage and leaves the address bar, so that neither history nor a copied address gives it away.
 */
const KEY = "cchub.token";

export function takeToken(page: Pick<Window, "location" | "history" | "sessionStorage">): string | null {
  const fragment = new URLSearchParams(page.location.hash.replace(/^#/, ""));
  const fresh = fragment.get("token");
  if (fresh === null) return page.sessionStorage.getItem(KEY);
  page.sessionStorage.setItem(KEY, fresh);
  const { pathname, search } = page.location;
  page.history.replaceState(
    null,
    "",
    `${pathname}${search}${fragment.get("at") ? `#${fragment.get("at") ?? ""}` : ""}`,
  );
  return fresh;
}
