/** What is kept of a person's work in a notebook: with the kernel, and in the saved notebook. */
import type { Kept, SharedStore, Store } from "../host/store";
import { browserKept } from "../page/records";
import type { Model } from "./model";

/** What has a trait of its own; nothing else is kept. */
const PARTS = ["session", "answers", "examples"] as const;

type Part = (typeof PARTS)[number];

export class KernelStore implements Store {
  /** All cells that show a widget show one page: there is nobody to share with. */
  readonly shared: SharedStore;
  /** What is kept record by record is too large for a notebook's file. */
  constructor(
    private readonly model: Model,
    readonly kept: Kept = browserKept,
  ) {
    this.shared = {
      read: (key) => this.read(key),
      write: (key, value) => this.write(key, value),
      forget: (key) => this.forget(key),
      watch: (key, changed) => model.on(`change:_${key}`, changed),
    };
  }

  read(part: string): unknown {
    return isKept(part) ? (this.model.get(trait(part)) ?? null) : null;
  }

  write(part: string, value: unknown): boolean {
    if (!isKept(part)) return false;
    this.model.set(trait(part), value);
    this.model.save_changes();
    return true;
  }

  forget(part: string): void {
    this.write(part, null);
  }

  async ready(): Promise<void> {}
}

function isKept(part: string): part is Part {
  return (PARTS as readonly string[]).includes(part);
}

function trait(part: Part): `_${Part}` {
  return `_${part}`;
}
