/*
 * The bearer token of the loopback page. It comes in the address's fragment, which no server ever sees: either itself, or
 * as a key that the Hub exchanges for it once. It moves into this tab's session storage and leaves the address bar, so
 * that neither history nor a copied address gives it away.
 */
const KEY = "cchub.token";
/** An exchange that takes longer has failed, in milliseconds. */
const PATIENCE = 10_000;

type Page = Pick<Window, "location" | "history" | "sessionStorage">;

/** `exchange` answers a key with the token, or with null where it is good no more. */
export async function takeToken(
  page: Page,
  exchange: (key: string) => Promise<string | null> = exchanged,
): Promise<string | null> {
  const fragment = new URLSearchParams(page.location.hash.replace(/^#/, ""));
  const key = fragment.get("key");
  const given = fragment.get("token");
  if (key === null && given === null) return page.sessionStorage.getItem(KEY);
  const { pathname, search } = page.location;
  const at = fragment.get("at");
  page.history.replaceState(null, "", `${pathname}${search}${at ? `#${at}` : ""}`);
  const fresh = given ?? (await exchange(key ?? ""));
  if (fresh === null) return page.sessionStorage.getItem(KEY);
  page.sessionStorage.setItem(KEY, fresh);
  return fresh;
}

async function exchanged(key: string): Promise<string | null> {
  try {
    const answer = await fetch("/api/v1/keys/exchange", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const { token } = (await answer.json()) as { token?: unknown };
    return answer.ok && typeof token === "string" ? token : null;
  } catch {
    // Without a token the page itself says that it may not ask, and what to do.
    return null;
  }
}
