/*
 * What every test of the page has: matchers for the document, a clean document afterwards, and what a document without a
 * layout lacks: sizes, so that virtual lists have room for rows, and rectangles of text.
 */
import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);

// Pages are loaded when they are first shown, which takes seconds on a busy machine; a test that passes never waits so long.
configure({ asyncUtilTimeout: 15_000 });

// There is no canvas in this document; axe asks for one to measure icons and copes without.
HTMLCanvasElement.prototype.getContext = () => null;

Object.defineProperties(HTMLElement.prototype, {
  clientHeight: { configurable: true, get: () => 800 },
  scrollHeight: { configurable: true, get: () => 1_000_000 },
  clientWidth: { configurable: true, get: () => 1200 },
});
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.scrollTo = function scrollTo(this: Element, to?: ScrollToOptions | number) {
  this.scrollTop = typeof to === "object" ? (to.top ?? 0) : 0;
  this.dispatchEvent(new Event("scroll"));
};
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
Range.prototype.getBoundingClientRect = () => new DOMRect();
window.matchMedia = (query) =>
  Object.assign(new EventTarget(), {
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });
let objects = 0;
URL.createObjectURL = () => `blob:test/${(objects += 1)}`;
URL.revokeObjectURL = () => undefined;
