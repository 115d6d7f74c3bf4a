/*
 * Builds the Hub's UI into ./dist with relative addresses, so that one build serves the desktop window and the loopback
 * page. Nothing is inlined: both hosts send a content security policy without 'unsafe-inline'.
 */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    // The oldest web views in use: WebKitGTK 2.44, WKWebView of macOS 13, current WebView2.
    target: ["safari17.4", "chrome120"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { port: 5179, strictPort: true, host: "127.0.0.1" },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}", "kit/tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    testTimeout: 30_000,
    restoreMocks: true,
  },
});
