/** What the person sees, shared with Python as a trait, so that it is also saved. */
import type { Mirror } from "../host/mirror";
import type { Seen } from "../wire";
import type { Model } from "./model";

export class TraitMirror implements Mirror {
  /** What this view told or heard last: it comes back, and says nothing new. */
  #latest = "";

  constructor(private readonly model: Model) {}

  get seen(): Seen | null {
    return (this.model.get("_seen") as Seen | null) ?? null;
  }

  tell(seen: Seen): void {
    const text = JSON.stringify(seen);
    if (text === this.#latest) return;
    this.#latest = text;
    this.model.set("_seen", seen);
    this.model.save_changes();
  }

  listen(show: (seen: Seen) => void): void {
    this.model.on("change:_seen", () => {
      const { seen } = this;
      const text = JSON.stringify(seen);
      if (!seen || text === this.#latest) return;
      this.#latest = text;
      show(seen);
    });
  }
}
