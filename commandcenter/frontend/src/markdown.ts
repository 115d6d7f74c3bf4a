/*
 * Markdown as HTML that is safe to show: whatever a README or a note contains, no script runs, nothing is loaded from
 * elsewhere, and links open in a page of their own.
 */
import DOMPurify from "dompurify";
import { marked } from "marked";

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName === "A" && node.hasAttribute("href")) {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  }
  // A picture from elsewhere would tell that server who reads; the page's policy refuses it anyway.
  if (node.nodeName === "IMG" && !/^data:image\//.test(node.getAttribute("src") ?? "")) {
    const words = node.ownerDocument.createElement("span");
    words.textContent = node.getAttribute("alt") ?? "";
    node.replaceWith(words);
  }
});

/** Turns Markdown into safe HTML. */
export function toSafeHtml(markdown: string): string {
  const html = marked.parse(markdown, { async: false, gfm: true });
  return DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_TAGS: ["style", "form", "input", "button", "iframe", "video", "audio", "object", "embed"],
    FORBID_ATTR: ["style", "srcset", "id", "name"],
  });
}
