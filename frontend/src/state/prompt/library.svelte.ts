/** The examples: those of the server's datasets, and those the person added. */
import type { Listed, RecordStore, SharedStore } from "../../host/store";
import { type Example, fromServer } from "../../model/example";
import type { DatasetInfo, Prompt } from "../../wire";

const KEY = "examples";

interface Added extends Omit<Example, "own" | "source"> {
  /** The workspace has it, too. */
  readonly kept?: boolean;
}

export class Library {
  #added = $state.raw<readonly Added[]>([]);
  #datasets = $state.raw<readonly DatasetInfo[]>([]);
  /** Of the many that are not all here, those that were looked at. */
  #fetched = $state.raw<ReadonlyMap<string, Example>>(new Map());
  /** How many there are, here or not. */
  readonly count: number = $derived.by(
    () => this.#added.length + this.#datasets.reduce((sum, { count }) => sum + count, 0),
  );
  readonly examples: readonly Example[] = $derived.by(() => [
    ...this.#added.map((example) => ({ ...example, own: true, source: this.ownSource() })),
    ...this.#datasets.flatMap((set) =>
      set.examples.map((example) => fromServer(set.name, example)),
    ),
  ]);

  /**
   * Args:
   *   ownSource: where the person's own come from, in words.
   *   store: of the browser, which has them at once.
   *   records: of the workspace, where others find them.
   */
  constructor(
    private readonly ownSource: () => string,
    private readonly store: SharedStore,
    private readonly records: RecordStore,
  ) {
    this.#added = this.#stored();
    store.watch(KEY, () => (this.#added = this.#stored()));
  }

  /** Share what the person added with the workspace, both ways, as long as the effect lives. */
  follow(): void {
    $effect(() => {
      void this.#share(false);
      return this.records.watch(() => void this.#share(true));
    });
  }

  show(datasets: readonly DatasetInfo[]): void {
    this.#datasets = datasets;
    const listed = new Set(this.examples.map(({ key }) => key)); // as they are by now
    this.#fetched = new Map([...this.#fetched].filter(([key]) => !listed.has(key)));
  }

  find(key: string | null): Example | null {
    if (key === null) return null;
    return this.#fetched.get(key) ?? this.examples.find((one) => one.key === key) ?? null;
  }

  know(example: Example): void {
    this.#fetched = new Map(this.#fetched).set(example.key, example);
  }

  /** Keep a prompt as an example; `name` proposes an id for each attempt until one is free. */
  add(
    prompt: Prompt,
    from: Example | null,
    name: (n: number) => string,
    target: string | null = null,
  ): Example | null {
    const taken = new Set(this.examples.map(({ id }) => id));
    let n = 1;
    while (taken.has(name(n))) n++;
    const id = name(n);
    const added: Added = {
      key: `own/${Date.now().toString(36)}-${n}`,
      id,
      prompt,
      target,
      origin: from ? (from.own && from.origin ? from.origin : from.key) : null,
      keepQuestion: from?.keepQuestion ?? false,
      stop: from?.stop ?? [],
    };
    const list = [added, ...this.#stored()]; // another tab may have added some meanwhile
    if (!this.store.write(KEY, list)) return null;
    this.#added = list;
    void this.#keep(added);
    return this.find(added.key);
  }

  remove(key: string): void {
    const list = this.#stored().filter((example) => example.key !== key);
    this.#write(list);
    void this.records.drop(key);
  }

  /** `changed`: the workspace said so, so what is not there was removed. */
  async #share(changed: boolean): Promise<void> {
    const there = (await this.records.list()).map(fromRecord).filter((one) => one !== null);
    const keys = new Set(there.map(({ key }) => key));
    const certain = changed || there.length > 0; // nothing may be nobody who answered
    const here = this.#stored().filter((one) => !one.kept || keys.has(one.key) || !certain);
    const known = new Set(here.map(({ key }) => key));
    const come = there.filter(({ key }) => !known.has(key));
    if (come.length > 0 || here.length < this.#stored().length) this.#write([...come, ...here]);
    for (const one of here) if (!one.kept) await this.#keep(one);
  }

  async #keep(added: Added): Promise<void> {
    const { key, ...example } = added;
    if ((await this.records.write({ id: key, example } as Listed)) !== "kept") return;
    const mark = (one: Added) => (one.key === key ? { ...one, kept: true } : one);
    this.#write(this.#stored().map(mark));
  }

  #write(list: readonly Added[]): void {
    this.store.write(KEY, list);
    this.#added = list;
  }

  #stored(): Added[] {
    const stored = this.store.read(KEY);
    if (!Array.isArray(stored)) return [];
    return (stored as Added[]).filter((example) => example?.key && example.id);
  }
}

/** One that the workspace has; null if this version can't show it. */
function fromRecord(listed: Listed): Added | null {
  const { example, id } = listed as Listed & { readonly example?: Partial<Added> };
  const { prompt } = example ?? {};
  if (!example?.id || !(typeof prompt === "string" || Array.isArray(prompt))) return null;
  return { ...(example as Added), key: id, kept: true };
}
