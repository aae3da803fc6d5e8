/** The page's language: the first of the person's that there is a catalogue for. */
import { en, type Strings } from "./en";

export type { Strings };

export const catalogues: Record<string, Strings> = { en };

export function pick(languages: readonly string[]): Strings {
  for (const language of languages) {
    const found = catalogues[language] ?? catalogues[language.split("-")[0] ?? ""];
    if (found) return found;
  }
  return en;
}

export const t: Strings = pick(typeof navigator === "undefined" ? [] : navigator.languages);
