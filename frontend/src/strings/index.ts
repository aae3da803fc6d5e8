/** Every word of the page, in the language that it speaks. */
import { en } from "./en";
import type { Language } from "./preferred";

export { isLanguage, type Language, LANGUAGES, preferred } from "./preferred";

/** What every language has: a string that one lacks does not compile. */
export type Catalogue = typeof en;

/** A binding that lives: whoever imports it sees the catalogue of the language spoken now. */
export let t: Catalogue = en;
export let language: Language = "en";

export function speak(name: Language, catalogue: Catalogue): void {
  language = name;
  t = catalogue;
}
