/** Light or dark: as the surroundings are, unless the person chose. */
import type { Theme } from "../model/colours";
import type { Surroundings } from "../host/surroundings";
import { forget, read, write } from "../page/storage";
import { system } from "../page/surroundings";

const KEY = "theme";

class ThemeChoice {
  current = $state<Theme>("light");
  #surroundings: Surroundings = system;
  readonly #dressed = new Set<HTMLElement>();

  constructor() {
    this.follow(system);
  }

  follow(surroundings: Surroundings): void {
    this.#surroundings = surroundings;
    surroundings.watch(() => this.#settle());
    this.#settle();
  }

  /** Put the theme on an element, as long as it lives. */
  dress(root: HTMLElement): () => void {
    this.#dressed.add(root);
    root.dataset.theme = this.current;
    return () => this.#dressed.delete(root);
  }

  toggle(): void {
    const chosen: Theme = this.current === "dark" ? "light" : "dark";
    if ((chosen === "dark") === this.#surroundings.dark) forget(KEY);
    else write(KEY, chosen);
    this.#settle();
  }

  #settle(): void {
    const chosen = read(KEY);
    const own = chosen === "light" || chosen === "dark" ? chosen : null;
    this.current = own ?? (this.#surroundings.dark ? "dark" : "light");
    for (const root of this.#dressed) root.dataset.theme = this.current;
  }
}

export const theme = new ThemeChoice();
