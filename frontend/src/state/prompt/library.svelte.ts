/** The examples: those of the server's datasets, and those the person added. */
import type { DatasetInfo, ExampleInfo, Prompt } from "../../wire";
import { plainText } from "../../model/draft";
import type { SharedStore } from "../../host/store";

const KEY = "examples";

export interface Example {
  /** Unique over datasets. */
  readonly key: string;
  readonly id: string;
  readonly prompt: Prompt;
  readonly target: string | null;
  readonly source: string;
  /** Added by the person, who can remove it. */
  readonly own: boolean;
  /** The example it was made from, to compare with. */
  readonly origin: string | null;
}

type Added = Omit<Example, "own" | "source">;

export class Library {
  #added = $state.raw<readonly Added[]>([]);
  #datasets = $state.raw<readonly DatasetInfo[]>([]);
  readonly #ownSource: string;
  readonly examples: readonly Example[] = $derived.by(() => [
    ...this.#added.map((one) => ({ ...one, own: true, source: this.#ownSource })),
    ...this.#datasets.flatMap((set) => set.examples.map((one) => fromServer(set.name, one))),
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
  }

  find(key: string | null): Example | null {
    return this.examples.find((one) => one.key === key) ?? null;
  }

  /** Keep a prompt as an example; `name` proposes an id for each attempt until one is free. */
  add(prompt: Prompt, from: Example | null, name: (n: number) => string): Example | null {
    const taken = new Set(this.examples.map(({ id }) => id));
    let n = 1;
    while (taken.has(name(n))) n++;
    const id = name(n);
    const added: Added = {
      key: `own/${Date.now().toString(36)}-${n}`,
      id,
      prompt,
      target: null,
      origin: from ? (from.own && from.origin ? from.origin : from.key) : null,
    };
    const list = [added, ...this.#stored()]; // another tab may have added some meanwhile
    if (!this.store.write(KEY, list)) return null;
    this.#added = list;
    return this.find(added.key);
  }

  remove(key: string): void {
    const list = this.#stored().filter((one) => one.key !== key);
    this.store.write(KEY, list);
    this.#added = list;
  }

  #stored(): Added[] {
    const found = this.store.read(KEY);
    return Array.isArray(found) ? (found as Added[]).filter((one) => one?.key && one.id) : [];
  }
}

/** Examples whose name, source or text has every word of the query. */
export function search(examples: readonly Example[], query: string): Example[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return examples.filter((one) => {
    const text = `${one.id} ${one.source} ${plainText(one.prompt)}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function fromServer(dataset: string, one: ExampleInfo): Example {
  return {
    key: `${dataset}/${one.id}`,
    id: one.id,
    prompt: one.prompt,
    target: one.target ?? null,
    source: one.source ?? dataset,
    own: false,
    origin: null,
  };
}
