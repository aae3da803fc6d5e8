/** What the person sees, shared with Python as a trait, so that it is also saved. */
import type { Mirror } from "../host/mirror";
import type { View } from "../wire";
import type { Model } from "./model";

export class TraitMirror implements Mirror {
  /** What this view told or heard last: it comes back, and says nothing new. */
  #latest = "";

  constructor(private readonly model: Model) {}

  get view(): View | null {
    return (this.model.get("_view") as View | null) ?? null;
  }

  tell(view: View): void {
    const text = JSON.stringify(view);
    if (text === this.#latest) return;
    this.#latest = text;
    this.model.set("_view", view);
    this.model.save_changes();
  }

  listen(show: (view: View) => void): void {
    this.model.on("change:_view", () => {
      const { view } = this;
      const text = JSON.stringify(view);
      if (!view || text === this.#latest) return;
      this.#latest = text;
      show(view);
    });
  }
}
