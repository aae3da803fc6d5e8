/** What the page stands in: the system, or a notebook with a theme of its own. */
export interface Surroundings {
  readonly dark: boolean;
  watch(changed: () => void): void;
}
