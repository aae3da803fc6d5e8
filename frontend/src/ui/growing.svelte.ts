/** Long lists come to be over several frames, so that no frame is long. */

const AT_ONCE = 24;

/** How many of a list are shown: more with each frame, until all are. */
export class Growing {
  shown = $state(AT_ONCE);
  #frame = 0;

  /** Within a component: grow as far as the list goes. */
  constructor(length: () => number) {
    $effect(() => {
      if (this.shown >= length()) return;
      this.#frame = requestAnimationFrame(() => (this.shown += AT_ONCE));
      return () => cancelAnimationFrame(this.#frame);
    });
  }
}
