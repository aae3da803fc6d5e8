/** What is kept of a person's work in a notebook: with the kernel, and in the saved notebook. */
import type { SharedStore, Store } from "../host/store";
import type { Model } from "./model";

type SavedTrait = "_session" | "_answers" | "_examples";

export class KernelStore implements Store {
  /** All cells that show a widget show one page: there is nobody to share with. */
  readonly shared: SharedStore;

  constructor(private readonly model: Model) {
    this.shared = {
      read: (key) => this.read(key),
      write: (key, value) => this.write(key, value),
      forget: (key) => this.forget(key),
      watch: (key, changed) => model.on(`change:${trait(key)}`, changed),
    };
  }

  read(part: string): unknown {
    return this.model.get(trait(part)) ?? null;
  }

  write(part: string, value: unknown): boolean {
    this.model.set(trait(part), value);
    this.model.save_changes();
    return true;
  }

  forget(part: string): void {
    this.write(part, null);
  }

  async ready(): Promise<void> {}
}

function trait(part: string): SavedTrait {
  return `_${part}` as SavedTrait;
}
