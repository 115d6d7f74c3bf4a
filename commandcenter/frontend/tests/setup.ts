/*
 * What every test of the page has: matchers for the document, and a clean document afterwards.
 */
import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);

// There is no canvas in this document; axe asks for one to measure icons and copes without.
HTMLCanvasElement.prototype.getContext = () => null;
