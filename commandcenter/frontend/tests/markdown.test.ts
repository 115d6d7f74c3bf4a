/*
 * Whatever stands in a README or a note, showing it runs nothing and asks nobody.
 */
import { describe, expect, test } from "vitest";
import { toSafeHtml } from "../src/markdown";

describe("Markdown", () => {
  test.each([
    ["a script", "<script>alert(1)</script>"],
    ["a handler", '<img src="data:image/png;base64,AA" onerror="alert(1)">'],
    ["a script address", "[x](javascript:alert(1))"],
    ["a frame", '<iframe src="https://example.org"></iframe>'],
    ["a form", '<form action="https://example.org"><input name="a"></form>'],
    ["a style", '<p style="background:url(https://example.org)">x</p>'],
  ])("loses %s", (_, text) => {
    const html = toSafeHtml(text);
    expect(html).not.toMatch(/script|onerror|iframe|<form|<input|style=|javascript:/i);
  });

  test("shows no picture from elsewhere, but says what it was", () => {
    const html = toSafeHtml("![a badge](https://example.org/badge.svg)");
    expect(html).not.toContain("example.org");
    expect(html).toContain("a badge");
  });

  test("keeps what a text is made of, and opens links apart", () => {
    const html = toSafeHtml("# Title\n\n- one\n\n`code` and [a link](https://example.org)");
    expect(html).toContain("<h1");
    expect(html).toContain("<li>one</li>");
    expect(html).toContain("<code>code</code>");
    expect(html).toMatch(/<a [^>]*rel="noopener noreferrer"/);
  });
});
