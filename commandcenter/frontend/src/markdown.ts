/*
 * Markdown as HTML that is safe to show: whatever a README or a note contains, no script runs, nothing is loaded from
 * elsewhere, and links open in a page of their own. Links to files of the folder open in the viewer; its pictures are left
 * open, with their file's id, to be filled by who shows them.
 */
import DOMPurify from "dompurify";
import { Marked } from "marked";
import { fileId } from "./api/ids";
import { inWords } from "./parts/pictures";
import { hrefTo } from "./shell/router";

const marked = new Marked({
  gfm: true,
  // A text field of any kind is removed below; a task list keeps its marks as characters.
  renderer: { checkbox: ({ checked }) => (checked ? "☑ " : "☐ ") },
});

/**
 * Turns Markdown into safe HTML. Relative links and pictures start from `folder`, a path inside the workspace; where it is not given,
 * they lose their target.
 */
export function toSafeHtml(markdown: string, folder?: string): string {
  const fragment = DOMPurify.sanitize(marked.parse(markdown, { async: false }), {
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      "style",
      "form",
      "input",
      "button",
      "textarea",
      "select",
      "iframe",
      "video",
      "audio",
      "object",
      "embed",
    ],
    ALLOW_DATA_ATTR: false,
    FORBID_ATTR: ["style", "srcset", "id", "name", "target", "background"],
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll("a[href]")) setTarget(link, folder);
  // Wide code is scrolled with the keys, too.
  for (const code of fragment.querySelectorAll("pre")) code.setAttribute("tabindex", "0");
  for (const image of fragment.querySelectorAll("img")) {
    const source = image.getAttribute("src") ?? "";
    if (/^data:image\//.test(source)) continue;
    const path = folder === undefined ? null : resolvePath(folder, source);
    if (path === null) {
      // A picture from elsewhere would tell that server who reads; the page's policy refuses it anyway.
      inWords(image);
      continue;
    }
    image.removeAttribute("src");
    image.dataset.file = fileId(path);
  }
  const box = document.createElement("div");
  box.append(fragment);
  return box.innerHTML;
}

function setTarget(link: Element, folder: string | undefined): void {
  const href = link.getAttribute("href") ?? "";
  if (/^(https?:|mailto:)/i.test(href)) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
    return;
  }
  const path = folder === undefined ? null : resolvePath(folder, href);
  if (path === null) link.removeAttribute("href");
  else link.setAttribute("href", hrefTo("files", fileId(path)));
}

/** The workspace path that a relative link means; null for an anchor, another scheme, or a way out of the folder. */
export function resolvePath(folder: string, href: string): string | null {
  const [target = ""] = href.split(/[?#]/);
  if (target === "" || target.startsWith("//") || /^[a-z][a-z0-9+.-]*:/i.test(target)) return null;
  let text: string;
  try {
    text = decodeURIComponent(target);
  } catch {
    return null;
  }
  const parts = text.startsWith("/") ? [] : folder.split("/").filter(Boolean);
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.length > 0 ? parts.join("/") : null;
}
