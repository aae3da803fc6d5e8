import type { Plugin } from "vite";

/** Words of what only the page has: they would travel with every notebook and report. */
export function withoutPageOnly(): Plugin {
  return {
    name: "backlit-without-page-only",
    enforce: "pre",
    load(id) {
      return /\/strings\/\w+\/batch\.ts$/.test(id) ? "export const batch = {};" : null;
    },
  };
}
