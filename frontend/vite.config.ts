import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin, ProxyOptions } from "vite";
import { defineConfig } from "vitest/config";

const { BACKLIT, BACKLIT_TOKEN = "", VITEST } = process.env;

/** Tests of what knows nothing of a page, which would take longer to make than they take. */
const WORDS = ["tests/*.test.ts", "tests/{model,strings}/**/*.test.ts"];

// The page is served under a strict Content-Security-Policy: nothing inline, nothing from
// elsewhere. Addresses are relative so that it also works behind a path prefix.
export default defineConfig({
  plugins: [svelte(), needsServer()],
  base: "./",
  build: {
    outDir: "../src/backlit/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: BACKLIT ? { proxy: { "/api": proxyTo(new URL(BACKLIT)) } } : {},
  resolve: VITEST ? { conditions: ["browser"] } : {},
  test: {
    testTimeout: 60_000, // of a busy machine: tests wait for what they wait for
    projects: [
      { extends: true, test: { name: "words", include: WORDS } },
      {
        extends: true,
        test: {
          name: "page",
          environment: "jsdom",
          include: ["tests/**/*.test.ts"],
          exclude: WORDS,
          setupFiles: ["tests/support/setup.ts"],
        },
      },
    ],
  },
});

/** For `npm run dev`: requests go to the server at BACKLIT, which has the token BACKLIT_TOKEN. */
function proxyTo({ origin }: URL): ProxyOptions {
  return {
    target: origin,
    changeOrigin: true,
    headers: { Authorization: `Bearer ${BACKLIT_TOKEN}` },
    // The server refuses requests from pages of other origins, as the one of `vite` is.
    configure: (proxy) => {
      proxy.on("proxyReq", (request) => request.removeHeader("origin"));
    },
  };
}

function needsServer(): Plugin {
  return {
    name: "backlit-needs-server",
    configureServer() {
      if ((BACKLIT && BACKLIT_TOKEN) || VITEST) return;
      throw new Error(
        "Set BACKLIT_TOKEN to a secret of your own, run `backlit serve toy --no-browser`, and then " +
          "BACKLIT=http://127.0.0.1:8400 npm run dev, with the same BACKLIT_TOKEN.",
      );
    },
  };
}
