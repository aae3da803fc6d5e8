/** Light or dark: as the surroundings are, unless the person chose and the system lets the page. */
import type { SharedStore } from "../host/store";
import type { Surroundings } from "../host/surroundings";
import type { Theme } from "../model/colours";

const KEY = "theme";

class ThemeChoice {
  current = $state<Theme>("light");
  #surroundings: Surroundings | null = null;
  #store: SharedStore | null = null;
  readonly #dressed = new Set<HTMLElement>();

  /** Go by these surroundings, and by what the person chose before. */
  follow(surroundings: Surroundings, store: SharedStore): void {
    this.#surroundings = surroundings;
    this.#store = store;
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
    if ((chosen === "dark") === this.#surroundings?.dark) this.#store?.forget(KEY);
    else this.#store?.write(KEY, chosen);
    this.#settle();
  }

  #settle(): void {
    const chosen = this.#store?.read(KEY);
    const free = !this.#surroundings?.forced;
    const own = free && (chosen === "light" || chosen === "dark") ? chosen : null;
    this.current = own ?? (this.#surroundings?.dark ? "dark" : "light");
    for (const root of this.#dressed) root.dataset.theme = this.current;
  }
}

export const theme = new ThemeChoice();
