/** What the person sees, told to whoever follows it; and shown, when they set it. */
import { untrack } from "svelte";
import type { Mirror } from "../host/mirror";
import type { Seen } from "../wire";

export interface Mirrored {
  /** Null while there is nothing new to tell. */
  readonly seen: Seen | null;
  show(seen: Seen): void;
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
    if (this.mirror.seen) this.page.show(this.mirror.seen);
    this.mirror.listen((seen) => this.page.show(seen));
  }

  /** Tell what is seen, for as long as the effect lives that this is called in. */
  follow(): void {
    $effect(() => {
      const seen = this.#begun ? this.page.seen : null;
      if (seen) untrack(() => this.mirror.tell(seen));
    });
  }
}
