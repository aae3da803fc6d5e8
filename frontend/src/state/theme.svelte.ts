/** Light or dark: the system's, unless the person chose. */
import type { Theme } from "../salience/colours";
import { forget, read, write } from "./storage";

const KEY = "theme";

class ThemeChoice {
  current = $state<Theme>("light");

  constructor() {
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", () => this.#settle(system.matches));
    this.#settle(system.matches);
  }

  toggle(): void {
    const chosen: Theme = this.current === "dark" ? "light" : "dark";
    const systemDark = matchMedia("(prefers-color-scheme: dark)").matches;
    if ((chosen === "dark") === systemDark) forget(KEY);
    else write(KEY, chosen);
    this.#settle(systemDark);
  }

  #settle(systemDark: boolean): void {
    const chosen = read(KEY);
    this.current = chosen === "light" || chosen === "dark" ? chosen : systemDark ? "dark" : "light";
    document.documentElement.dataset.theme = this.current;
  }
}

export const theme = new ThemeChoice();
