import type { Model, Traits } from "../../src/notebook/model";

/** A kernel's end of the traits and messages. */
export class FakeModel implements Model {
  readonly sent: Record<string, unknown>[] = [];
  readonly saved: Partial<Traits>[] = [];
  #changed: Partial<Traits> = {};
  #listeners = new Map<string, Set<(...args: never[]) => void>>();
  broken = false;
  comm_live = true;
  readonly widget_manager = { get_model: () => Promise.resolve(this) };

  constructor(private readonly traits: Partial<Traits> = {}) {}

  get<K extends keyof Traits>(name: K): Traits[K] {
    return this.traits[name] as Traits[K];
  }

  set<K extends keyof Traits>(name: K, value: Traits[K]): void {
    this.traits[name] = this.#changed[name] = value;
    this.fire(`change:${name}`);
  }

  save_changes(): void {
    this.saved.push(this.#changed);
    this.#changed = {};
  }

  send(content: unknown): void {
    if (this.broken) throw new Error("The comm is disposed.");
    this.sent.push(content as Record<string, unknown>);
  }

  on(name: string, callback: (...args: never[]) => void): void {
    this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(callback));
  }

  off(name: string, callback: (...args: never[]) => void): void {
    this.#listeners.get(name)?.delete(callback);
  }

  fire(name: string, ...args: unknown[]): void {
    for (const callback of this.#listeners.get(name) ?? []) callback(...(args as never[]));
  }

  reply(message: unknown): void {
    this.fire("msg:custom", message);
  }

  /** The id of the latest request. */
  get asked(): string {
    return this.sent.findLast((one) => "kind" in one || "state" in one)!.call as string;
  }
}
