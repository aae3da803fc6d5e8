/** The system that the browser runs on. */
import type { Surroundings } from "../host/surroundings";

const preference = matchMedia("(prefers-color-scheme: dark)");
const forcing = matchMedia("(forced-colors: active)");

export const system: Surroundings = {
  get dark() {
    return preference.matches;
  },
  get forced() {
    return forcing.matches;
  },
  watch(changed) {
    for (const one of [preference, forcing]) one.addEventListener("change", changed);
  },
};
