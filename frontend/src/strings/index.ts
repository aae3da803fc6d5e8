/** Every word of the page, in the language that it speaks. */
import { en } from "./en";

/** What every language has: a string that one lacks does not compile. */
export type Catalogue = typeof en;

/** Each by its own name for itself. */
export const LANGUAGES = { en: "English", tr: "Türkçe" } as const;
export type Language = keyof typeof LANGUAGES;

/** A binding that lives: whoever imports it sees the catalogue of the language spoken now. */
export let t: Catalogue = en;
export let language: Language = "en";

export function speak(name: Language, catalogue: Catalogue): void {
  language = name;
  t = catalogue;
}

export function isLanguage(name: unknown): name is Language {
  return typeof name === "string" && Object.hasOwn(LANGUAGES, name);
}

/** The first that a person prefers of those that there are, such as "tr" of "tr-TR"; or English. */
export function preferred(tags: readonly string[]): Language {
  return tags.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguage) ?? "en";
}
