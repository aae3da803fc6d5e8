/** Where links lead to: what stands behind the page's address. */
export interface Address {
  /** The person comes back to a page that they had: by a reload, or a step in their history. */
  readonly returns: boolean;
  /** Beginning with "#", or "". */
  read(): string;
  /** Put another one there, without a step in the browser's history. */
  write(link: string): void;
  /** Call `changed` when the person goes to another one, until what is returned is called. */
  watch(changed: () => void): () => void;
}
