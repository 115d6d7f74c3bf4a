/*
 * Chooses the host: the desktop shell announces itself on the window object; anything else is a page.
 */
import type { Host } from "./types";

export async function chooseHost(page: Window): Promise<Host> {
  if ("__TAURI_INTERNALS__" in page) {
    const { TauriHost } = await import("./tauri");
    return new TauriHost();
  }
  const [{ HttpHost }, { takeToken }] = await Promise.all([import("./http"), import("./token")]);
  return new HttpHost(new URL("api/v1/", page.location.origin).href, await takeToken(page));
}
