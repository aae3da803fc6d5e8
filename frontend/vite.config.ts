import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// The page is served under a strict Content-Security-Policy: nothing inline, nothing from
// elsewhere. Addresses are relative so that it also works behind a path prefix.
export default defineConfig({
  plugins: [svelte()],
  base: "./",
  build: {
    outDir: "../src/backlit/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/support/setup.ts"],
  },
});
