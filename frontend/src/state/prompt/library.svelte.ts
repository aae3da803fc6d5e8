/** The examples: those of the server's datasets, and those the person added. */
import type { SharedStore } from "../../host/store";
import { type Example, fromServer } from "../../model/example";
import type { DatasetInfo, Prompt } from "../../wire";

const KEY = "examples";

type Added = Omit<Example, "own" | "source">;

export class Library {
  #added = $state.raw<readonly Added[]>([]);
  #datasets = $state.raw<readonly DatasetInfo[]>([]);
  /** Of the many that are not all here, those that were looked at. */
  #fetched = $state.raw<ReadonlyMap<string, Example>>(new Map());
  readonly #ownSource: string;
  /** How many there are, here or not. */
  readonly count: number = $derived.by(
    () => this.#added.length + this.#datasets.reduce((sum, { count }) => sum + count, 0),
  );
  readonly examples: readonly Example[] = $derived.by(() => [
    ...this.#added.map((example) => ({ ...example, own: true, source: this.#ownSource })),
    ...this.#datasets.flatMap((set) =>
      set.examples.map((example) => fromServer(set.name, example)),
    ),
  ]);

  constructor(
    ownSource: string,
    private readonly store: SharedStore,
  ) {
    this.#ownSource = ownSource;
    this.#added = this.#stored();
    store.watch(KEY, () => (this.#added = this.#stored()));
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
    return this.find(added.key);
  }

  remove(key: string): void {
    const list = this.#stored().filter((example) => example.key !== key);
    this.store.write(KEY, list);
    this.#added = list;
  }

  #stored(): Added[] {
    const stored = this.store.read(KEY);
    if (!Array.isArray(stored)) return [];
    return (stored as Added[]).filter((example) => example?.key && example.id);
  }
}
