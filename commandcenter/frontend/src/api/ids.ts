/*
 * Ids of files: the bytes of the relative path in base64url, so that every name has one, also what is not text. A path
 * that is text has the id made here; the id of any other comes from the backend.
 */

/** The id of a path that is text. */
export function fileId(path: string): string {
  return toId(new TextEncoder().encode(path));
}

/** Ids of the folders a file lies in, the outermost first; empty for what lies in the root or is no id. */
export function parentIds(id: string): string[] {
  const bytes = fromId(id);
  const parents: string[] = [];
  for (let at = bytes.indexOf(SLASH); at >= 0; at = bytes.indexOf(SLASH, at + 1))
    parents.push(toId(bytes.slice(0, at)));
  return parents;
}

/** The folder a file lies in, as text; empty for the root. */
export function parentPath(id: string): string {
  const path = new TextDecoder().decode(fromId(id));
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

const SLASH = 0x2f;

function toId(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function fromId(id: string): Uint8Array {
  try {
    return Uint8Array.from(atob(id.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  } catch {
    // Typed by hand: the backend says what is wrong with it.
    return new Uint8Array();
  }
}
