import { withSigns } from "./unseen";

/** Text with its blanks, and what else can't be seen, made visible. */
export function visible(text: string): string {
  return withSigns(text)
    .replaceAll(" ", "␣")
    .replaceAll("\n", "⏎")
    .replaceAll("\r", "␍")
    .replaceAll("\t", "⇥");
}
