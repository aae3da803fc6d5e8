import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { withoutPageOnly } from "./vite.page-only";

// What a notebook loads: each a module of its own, its styles inside. They travel with every
// notebook that uses them, so they should stay small; but for the editor and other languages, which are asked for.
const ENTRIES: Record<string, string> = {
  editor: "src/editing/codemirror.ts",
  tr: "src/strings/tr/index.ts",
  widget: "src/notebook/main.ts",
  tab: "src/notebook/tab.ts",
};

export default defineConfig(({ mode }) => ({
  plugins: [
    withoutPageOnly(),
    svelte({
      emitCss: false,
      // Names of classes stand there a thousand times.
      compilerOptions: { css: "injected", cssHash: ({ css, hash }) => `b${hash(css)}` },
    }),
  ],
  publicDir: false,
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: "../src/backlit/static",
    emptyOutDir: false,
    target: "es2022",
    rolldownOptions: {
      output: {
        // Views that a page loads as they are opened travel with the notebook: it has no server.
        codeSplitting: false,
        // Vite leaves the white space of libraries, for those that bundle them once more.
        minify: true,
      },
    },
    lib: { entry: ENTRIES[mode]!, formats: ["es"], fileName: () => `${mode}.js` },
  },
}));
