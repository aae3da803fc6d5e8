/** What a text editor is for the page; CodeMirror is one, loaded once somebody types. */

/** A stretch of text in the colour of the map. Offsets are those of JavaScript's strings. */
export interface Tint {
  readonly from: number;
  readonly to: number;
  /** As CSS declares it. */
  readonly style: string;
}

export interface EditorOptions {
  readonly parent: HTMLElement;
  readonly text: string;
  /** Attributes of what is typed into: its name for screen readers and for tests. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly placeholder: string;
  /** Words of the editor's own, by what they are in English. */
  readonly phrases: Readonly<Record<string, string>>;
  /** What an editor of the same text left behind, so that its changes can still be undone. */
  readonly memory: unknown;
  readonly onchange: (text: string) => void;
  /** More text than a prompt can have: the change is not made. */
  readonly isTooLong: (length: number, whole: () => string) => boolean;
  readonly onrefused: () => void;
  /** Text is about to be pasted. */
  readonly onpaste: (text: string) => void;
}

export interface Editor {
  /** Put another text in its place; that can be undone. Nobody is told of it. */
  readonly replace: (text: string) => void;
  readonly tint: (tints: readonly Tint[]) => void;
  /** Put the caret there, or select. */
  readonly focus: (from?: number, to?: number) => void;
  /**
   * Put the caret into the first line that is in sight in the pane that it scrolls in, unless
   * something was typed or selected since it was made.
   */
  readonly moveIntoSight: (pane: Element | null) => void;
  /** What to hand to the next editor of this text as its `memory`. */
  readonly destroy: () => unknown;
}

export type CreateEditor = (options: EditorOptions) => Editor;
export type LoadEditor = () => Promise<CreateEditor>;
