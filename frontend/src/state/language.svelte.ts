/** The language of the page: what the person chose before, else the first they prefer that there is. */
import type { SharedStore } from "../host/store";
import { type Catalogue, isLanguage, type Language, preferred, speak } from "../strings";
import { en } from "../strings/en";

const KEY = "language";

/** Words of the other languages are not on every page: they are loaded where they are spoken. */
export type LoadCatalogue = (name: Exclude<Language, "en">) => Promise<Catalogue>;

class LanguageChoice {
  /** Spoken now. Strings are no state: what shows them is made anew when this changes. */
  current = $state<Language>("en");
  /** The one that was chosen could not be loaded. */
  failed = $state(false);
  #preferred: Language = "en";
  #store: SharedStore | null = null;
  #load: LoadCatalogue | null = null;
  readonly #dressed = new Set<HTMLElement>();

  /** Go by what the person chose before, or prefers; settles once that is spoken, or can't be. */
  async follow(tags: readonly string[], store: SharedStore, load: LoadCatalogue): Promise<void> {
    this.#preferred = preferred(tags);
    this.#store = store;
    this.#load = load;
    const chosen = store.read(KEY);
    await this.#speak(isLanguage(chosen) ? chosen : this.#preferred);
  }

  /** Say on an element what language it is in, as long as it lives. */
  dress(root: HTMLElement): () => void {
    this.#dressed.add(root);
    root.lang = this.current;
    return () => this.#dressed.delete(root);
  }

  async choose(name: Language): Promise<void> {
    if (!(await this.#speak(name))) return;
    if (name === this.#preferred) this.#store?.forget(KEY);
    else this.#store?.write(KEY, name);
  }

  /** Whether it could be loaded. */
  async #speak(name: Language): Promise<boolean> {
    try {
      const catalogue = name === "en" ? en : await this.#load!(name);
      this.failed = false;
      speak(name, catalogue);
      this.current = name;
      for (const root of this.#dressed) root.lang = name;
      return true;
    } catch {
      this.failed = true;
      return false;
    }
  }
}

export const language = new LanguageChoice();
