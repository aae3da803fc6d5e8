/** Text with its blanks made visible. */
export function visible(text: string): string {
  return text
    .replaceAll(" ", "␣")
    .replaceAll("\n", "⏎")
    .replaceAll("\r", "␍")
    .replaceAll("\t", "⇥");
}
