/** The prompt that is read or typed, and the example it came from. */
import { BLANK, type Draft, draftOf, isEmpty, promptOf, samePrompt } from "../../model/draft";
import type { Conversation } from "../../model/conversation";
import type { Example } from "../../model/example";
import { t } from "../../strings";
import type { DatasetInfo, Prompt } from "../../wire";
import { language } from "../language.svelte";
import { Library } from "./library.svelte";
import type { Session } from "./session.svelte";

/** Told anew in another language. */
const ownSource = () => (void language.current, t.examples.yours);

/** Something that was taken away and can be put back. */
export interface Undoable {
  readonly what: string;
  /** It would take back what is typed since, too. */
  readonly whole?: boolean;
  readonly restored: (draft: Draft) => Draft;
}

export class Prompting {
  readonly library: Library;
  /** What editors left behind, by their names: their changes can still be undone. */
  readonly memories = new Map<string, unknown>();
  undoable = $state.raw<Undoable | null>(null);
  /** The examples are looked through: laid over the text where they have no place beside it. */
  browsing = $state(false);
  /** The prompt of the run that was shown last. */
  #run: Prompt | null = null;
  /** The person wants to type, though what is there is answered. */
  #wanted = $state(false);
  #caret: { view: unknown; name: string; at: number | null } | null = null;
  readonly example: Example | null = $derived.by(() => this.library.find(this.session.example));
  readonly edited: boolean = $derived.by(() => {
    const { draft } = this.session;
    if (!this.example) return !this.session.example && !isEmpty(draft);
    return !samePrompt(promptOf(draft), this.example.prompt);
  });
  /** The prompt that the answer in sight is to; null while there is no answer. */
  readonly #answered: Prompt | null = $derived.by(() => this.answered());
  /** What is typed is what is answered, so it can be read with its colours. */
  readonly canRead: boolean = $derived.by(
    () => this.#answered !== null && samePrompt(this.#answered, this.prompt),
  );
  /** The prompt stands in an editor. */
  readonly typing: boolean = $derived(this.#wanted || !this.canRead);

  constructor(
    private readonly session: Session,
    /** Another prompt took the place of the one there was; nobody `asked` for a first visit's. */
    private readonly replaced: (asked: boolean) => void,
    private readonly answered: () => Prompt | null,
  ) {
    this.library = new Library(ownSource, session.store.shared, session.store.kept.prompts);
  }

  get prompt(): Prompt {
    return promptOf(this.session.draft);
  }

  /**
   * Type in the prompt where it is read, at a place of one of its texts if one is meant. Of several
   * views that show it, the caret goes to the one where the person asked.
   */
  edit(view: unknown, text = 0, at: number | null = null): void {
    if (this.typing) return;
    this.#caret = { view, name: this.nameOf(text), at };
    this.#wanted = true;
  }

  /** Read on, if what is typed is what is answered. */
  read(): void {
    if (this.canRead) this.#wanted = false;
  }

  /** What is typed is about to be answered, and read from then on. */
  readAnswered(): void {
    this.#wanted = false;
  }

  /** The person changed it, and goes on typing until they say otherwise. */
  change(draft: Draft): void {
    this.#wanted = true;
    if (this.undoable?.whole) this.undoable = null;
    this.type(draft);
  }

  /** The name of an editor: what can be undone is its example's own. */
  nameOf(text: number): string {
    return `${this.session.example ?? ""} ${this.session.draft.mode} ${text}`;
  }

  /** Where the caret goes in an editor that was just made: in sight if nowhere else; or not there. */
  takeCaret(view: unknown, name: string): number | "in sight" | null {
    if (this.#caret?.name !== name || this.#caret.view !== view) return null;
    const { at } = this.#caret;
    this.#caret = null;
    return at ?? "in sight";
  }

  browse(browsing: boolean): void {
    this.browsing = browsing;
  }

  open(example: Example | null): void {
    this.browsing = false;
    const key = example?.key ?? null;
    if (key === this.session.example && this.session.example !== null) return;
    this.#take(example);
    this.replaced(true);
  }

  /** Open an example that may be one of many which are not all here. */
  look(example: Example): void {
    const { edited } = this;
    this.library.know(example);
    if (example.key !== this.session.example) return this.open(example);
    this.session.setView("look");
    if (samePrompt(example.prompt, this.prompt)) return;
    if (edited) return this.revert(); // which can be undone
    this.type(draftOf(example.prompt)); // it was changed since it was opened
    this.replaced(true);
  }

  /** What a first visit begins with, unless the person began with something else meanwhile. */
  openFirst(): void {
    const begun = this.#wanted || this.session.example || !isEmpty(this.session.draft);
    if (!this.session.first || begun) return;
    const first = this.library.examples[0];
    if (!first) return;
    this.#take(first);
    this.replaced(false);
  }

  /** Offer these examples. If `following`, what is open goes with those that are gone. */
  offer(datasets: readonly DatasetInfo[], following: boolean): void {
    const { example: before, edited } = this;
    this.library.show(datasets);
    const now = this.example;
    const first = this.library.examples[0];
    if (!following || !this.session.example || !first) return this.openFirst();
    if (!now) {
      if (this.session.example.startsWith("own/")) return; // the workspace has it, perhaps
      this.#take(first, true);
      this.replaced(true);
    } else if (before && !edited && !samePrompt(before.prompt, now.prompt)) {
      this.type(draftOf(now.prompt)); // another example of the same name
      this.replaced(true);
    }
  }

  /** What is there is a run's, and nobody changed it. */
  get #isRuns(): boolean {
    return this.#run !== null && samePrompt(this.#run, this.prompt);
  }

  #take(example: Example | null, edited = this.#isRuns ? null : this.edited): void {
    this.#wanted = false;
    this.#run = null;
    this.undoable = null;
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

  /** Show a prompt as it was once, perhaps changed from its example's; undo brings back this one. */
  restore(example: Example | null, prompt: Prompt): void {
    this.browsing = false;
    this.#wanted = false;
    if (samePrompt(prompt, this.prompt)) return;
    const here = (this.example?.key ?? null) === (example?.key ?? null);
    const between = here && this.#isRuns; // one run after another: what was typed is put aside
    if (!here) this.#take(example);
    else if (this.edited && !between) this.session.stash();
    if (!between) {
      const lost = this.edited ? this.session.draft : null;
      this.undoable = lost && { what: t.editor.restored, whole: true, restored: () => lost };
    }
    this.#run = prompt;
    this.type(draftOf(prompt));
    this.replaced(true);
  }

  /** Have another text in its place, changed by something else than typing; it can be undone. */
  put(draft: Draft, what: string): void {
    const lost = this.session.draft;
    this.change(draft);
    this.undoable = { what, whole: true, restored: () => lost };
  }

  type(draft: Draft): void {
    this.session.set({ draft });
  }

  revert(): void {
    if (!this.example) return;
    const { draft } = this.session;
    this.#wanted = false;
    this.type(draftOf(this.example.prompt));
    this.undoable = { what: t.editor.reverted, whole: true, restored: () => draft };
    this.replaced(true);
  }

  removeMessage(at: number): void {
    const { draft } = this.session;
    const removed = draft.messages[at];
    if (!removed) return;
    this.change({ ...draft, messages: draft.messages.filter((_, i) => i !== at) });
    const restored = (now: Draft): Draft => ({
      ...now,
      messages: [...now.messages.slice(0, at), removed, ...now.messages.slice(at)],
    });
    this.undoable = { what: t.editor.removed(at + 1), restored };
  }

  undo(): void {
    const { undoable } = this;
    this.undoable = null;
    if (undoable) this.type(undoable.restored(this.session.draft));
  }

  /** A conversation from elsewhere becomes an example; what was typed `before` it came is kept. */
  take({ prompt, answer }: Conversation, before: Draft | null): boolean {
    const added = this.library.add(prompt, null, t.conversation.name, answer);
    if (!added) {
      this.session.failSaving();
      return false;
    }
    if (before) this.type(before);
    this.open(added);
    return true;
  }

  /** Keep the edited prompt as an example, and go on from it. */
  addExample(): void {
    this.undoable = null;
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
    for (const name of this.memories.keys()) {
      if (name.startsWith(`${example.key} `)) this.memories.delete(name);
    }
    void this.library.remove(example.key);
    if (this.session.example === example.key) this.session.set({ example: null });
  }
}
