/** The words of other languages, loaded where they are spoken. */
import type { LoadCatalogue } from "../state/language.svelte";

const LOADS = { tr: async () => (await import("../strings/tr")).tr };

export const loadCatalogue: LoadCatalogue = (name) => LOADS[name]();
