/*
 * Whatever stands in a README or a note, showing it runs nothing and asks nobody.
 */
import { describe, expect, test, vi } from "vitest";
import { fileId } from "../src/api/ids";
import { resolvePath, toSafeHtml } from "../src/markdown";
import { showPictures } from "../src/parts/pictures";
import { hrefTo } from "../src/shell/router";

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

  test("leaves pictures of the folder open, to be filled with their bytes", () => {
    const html = toSafeHtml('![a plan](img/plan.png) <img src="x.png" data-file="forged" alt="b">', "docs");
    const box = document.createElement("div");
    box.innerHTML = html;
    const images = [...box.querySelectorAll("img")];
    expect(images.map((image) => [image.getAttribute("src"), image.dataset.file, image.alt])).toEqual([
      [null, fileId("docs/img/plan.png"), "a plan"],
      [null, fileId("docs/x.png"), "b"],
    ]);
    for (const outside of ["../../x.png", "file:///etc/passwd"]) {
      expect(toSafeHtml(`![gone](${outside})`, "docs")).not.toContain("<img");
    }
  });

  test("fills a picture, puts its words where there is none, and lets go of both", async () => {
    const box = document.createElement("div");
    box.innerHTML = toSafeHtml("![one](a.png) ![two](b.png)", "");
    const made = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:one");
    const revoked = vi.spyOn(URL, "revokeObjectURL").mockReturnValue(undefined);
    const end = showPictures(box, (id) =>
      id === fileId("a.png") ? Promise.resolve(new Blob(["x"])) : Promise.reject(new Error("gone")),
    );
    await vi.waitFor(() => expect(box.querySelector("img")?.getAttribute("src")).toBe("blob:one"));
    await vi.waitFor(() => expect(box.querySelectorAll("img")).toHaveLength(1));
    expect(box.textContent).toContain("two");
    end();
    expect(revoked).toHaveBeenCalledWith("blob:one");
    made.mockRestore();
    revoked.mockRestore();
  });

  test("keeps what a text is made of, and opens links apart", () => {
    const html = toSafeHtml("# Title\n\n- one\n\n`code` and [a link](https://example.org)");
    expect(html).toContain("<h1");
    expect(html).toContain("<li>one</li>");
    expect(html).toContain("<code>code</code>");
    expect(html).toMatch(/<a [^>]*rel="noopener noreferrer"/);
  });
});

describe("links of the folder's own", () => {
  test.each([
    ["guide.md", "docs/guide.md"],
    ["./a%20b.md#part", "docs/a b.md"],
    ["../README.md", "README.md"],
    ["/src/main.rs", "src/main.rs"],
  ])("open in the viewer: %s", (href, path) => {
    expect(resolvePath("docs", href)).toBe(path);
    expect(toSafeHtml(`[x](${href})`, "docs")).toContain(`href="${hrefTo("files", fileId(path))}"`);
  });

  test.each(["../../etc/passwd", "#part", "//example.org/x", "javascript:alert(1)", "%E0%A4%A", "?a"])(
    "that lead elsewhere lose their target: %s",
    (href) => {
      expect(resolvePath("docs", href)).toBeNull();
      expect(toSafeHtml(`[x](${href})`, "docs")).not.toContain("href");
    },
  );

  test("keep task lists readable without a field", () => {
    expect(toSafeHtml("- [x] done\n- [ ] open")).toMatch(/☑ .*done[\s\S]*☐ .*open/);
  });
});
