import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { ProxyOptions } from "vite";
import { defineConfig } from "vitest/config";

// The page is served under a strict Content-Security-Policy: nothing inline, nothing from
// elsewhere. Addresses are relative so that it also works behind a path prefix.
export default defineConfig(({ command }) => ({
  plugins: [svelte()],
  base: "./",
  build: {
    outDir: "../src/backlit/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: command === "serve" && !process.env.VITEST ? { proxy: { "/api": toBacklit() } } : {},
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/support/setup.ts"],
  },
}));

/** For `npm run dev`: requests go to the server whose address, with its token, BACKLIT holds. */
function toBacklit(): ProxyOptions {
  const { BACKLIT } = process.env;
  if (!BACKLIT) {
    throw new Error(
      "Say which server to ask: BACKLIT='http://127.0.0.1:8400/?token=…' npm run dev. " +
        "`backlit serve toy --no-browser` prints that address.",
    );
  }
  const { origin, searchParams } = new URL(BACKLIT);
  return {
    target: origin,
    changeOrigin: true,
    headers: { Authorization: `Bearer ${searchParams.get("token") ?? ""}` },
    // The server refuses requests from pages of other origins, as the one of `vite` is.
    configure: (proxy) => {
      proxy.on("proxyReq", (request) => request.removeHeader("origin"));
    },
  };
}
