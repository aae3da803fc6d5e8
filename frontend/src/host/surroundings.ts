/** What the page stands in: the system, or a notebook with a theme of its own. */
export interface Surroundings {
  readonly dark: boolean;
  /** The system chooses all colours: what is dark or light is not the page's to say. */
  readonly forced: boolean;
  watch(changed: () => void): void;
}
