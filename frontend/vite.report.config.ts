import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { withoutPageOnly } from "./vite.page-only";

// What a report holds beside its data: one script and one style, which travel with every file.
export default defineConfig({
  plugins: [withoutPageOnly(), svelte()],
  publicDir: false,
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: "../src/backlit/static",
    emptyOutDir: false,
    target: "es2022",
    cssMinify: true,
    rolldownOptions: { output: { codeSplitting: false, minify: true } },
    lib: {
      entry: "src/report/main.ts",
      formats: ["es"],
      fileName: () => "report.js",
      cssFileName: "report",
    },
  },
});
