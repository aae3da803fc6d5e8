/** What the person sees, told to whoever follows it; and shown, when they set it. */
import { untrack } from "svelte";
import type { Mirror } from "../host/mirror";
import type { View } from "../wire";

export interface Mirrored {
  /** Null while there is nothing new to tell. */
  readonly view: View | null;
  show(view: View): void;
}

export class Mirroring {
  #begun = $state(false);

  constructor(
    private readonly mirror: Mirror,
    private readonly page: Mirrored,
  ) {}

  /** Show what was seen last, and listen. Only once the page can show it. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    if (this.mirror.view) this.page.show(this.mirror.view);
    this.mirror.listen((view) => this.page.show(view));
  }

  /** Tell what is seen, for as long as the effect lives that this is called in. */
  follow(): void {
    $effect(() => {
      const view = this.#begun ? this.page.view : null;
      if (view) untrack(() => this.mirror.tell(view));
    });
  }
}
