/** The system that the browser runs on. */
import type { Surroundings } from "../host/surroundings";

const preference = matchMedia("(prefers-color-scheme: dark)");

export const system: Surroundings = {
  get dark() {
    return preference.matches;
  },
  watch: (changed) => preference.addEventListener("change", changed),
};
