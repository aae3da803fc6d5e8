/** The prompt that is being typed, and the example it came from. */
import { BLANK, type Draft, draftOf, isEmpty, promptOf, samePrompt } from "../../model/draft";
import type { Example } from "../../model/example";
import { t } from "../../strings";
import type { DatasetInfo, Prompt } from "../../wire";
import { Library } from "./library.svelte";
import type { Session } from "./session.svelte";

export class Prompting {
  readonly library: Library;
  readonly example: Example | null = $derived.by(() => this.library.find(this.session.example));
  readonly edited: boolean = $derived.by(() => {
    const { draft } = this.session;
    if (!this.example) return !this.session.example && !isEmpty(draft);
    return !samePrompt(promptOf(draft), this.example.prompt);
  });

  constructor(
    private readonly session: Session,
    /** Another prompt took the place of the one there was. */
    private readonly replaced: () => void,
  ) {
    this.library = new Library(t.examples.yours, session.store.shared);
  }

  get prompt(): Prompt {
    return promptOf(this.session.draft);
  }

  open(example: Example | null): void {
    const key = example?.key ?? null;
    if (key === this.session.example && this.session.example !== null) return;
    this.#take(example, this.edited);
    this.replaced();
  }

  /** What a first visit begins with. */
  openFirst(): void {
    if (!this.session.first || this.session.example || !isEmpty(this.session.draft)) return;
    const first = this.library.examples[0];
    if (first) this.open(first);
  }

  /** Offer these examples. If `following`, what is open goes with those that are gone. */
  offer(datasets: readonly DatasetInfo[], following: boolean): void {
    const { example: before, edited } = this;
    this.library.show(datasets);
    const now = this.example;
    const first = this.library.examples[0];
    if (!following || !this.session.example || !first) return this.openFirst();
    if (!now) {
      this.#take(first, true);
      this.replaced();
    } else if (before && !edited && !samePrompt(before.prompt, now.prompt)) {
      this.type(draftOf(now.prompt)); // another example of the same name
      this.replaced();
    }
  }

  #take(example: Example | null, edited: boolean): void {
    this.session.open(example?.key ?? null, example ? draftOf(example.prompt) : BLANK, edited);
    if (example?.stop?.length) this.session.forgetStops();
  }

  /** Show a prompt that came from elsewhere: an example, which it becomes if it is none. */
  show(prompt: Prompt): void {
    const open = this.example?.prompt;
    if (samePrompt(prompt, this.prompt) || (open && samePrompt(prompt, open))) return;
    const known = this.library.examples.find((example) => samePrompt(example.prompt, prompt));
    this.open(known ?? this.library.add(prompt, null, t.editor.blankName));
  }

  type(draft: Draft): void {
    this.session.set({ draft });
  }

  revert(): void {
    if (this.example) this.type(draftOf(this.example.prompt));
    this.replaced();
  }

  /** Keep the edited prompt as an example, and go on from it. */
  addExample(): void {
    const { draft } = this.session;
    const from = this.example;
    const name = (n: number) => (from ? t.editor.addedName(from.id, n) : t.editor.blankName(n));
    const added = this.library.add(promptOf(draft), from, name);
    if (!added) {
      this.session.failSaving();
      return;
    }
    this.session.open(added.key, draft, false);
    this.session.set({ draft });
  }

  removeExample(example: Example): void {
    this.library.remove(example.key);
    if (this.session.example === example.key) this.session.set({ example: null });
  }
}
