/** The examples: those of the server's datasets, and those the person added. */
import type { Listed, RecordStore, SharedStore } from "../../host/store";
import { type Example, fromServer } from "../../model/example";
import { newId } from "../../model/ids";
import type { DatasetInfo, Prompt } from "../../wire";

const KEY = "examples";

const OWN = "own/"; // before the keys of the person's own

type Added = Omit<Example, "own" | "source">;

export class Library {
  /** Those that only this browser has. */
  #added = $state.raw<readonly Added[]>([]);
  /** Those that the workspace has, whoever added them. */
  #there = $state.raw<readonly Added[]>([]);
  /** On their way into the workspace or not, they are wanted no more. */
  readonly #removed = new Set<string>();
  #datasets = $state.raw<readonly DatasetInfo[]>([]);
  /** Of the many that are not all here, those that were looked at. */
  #fetched = $state.raw<ReadonlyMap<string, Example>>(new Map());
  readonly #own: readonly Added[] = $derived.by(() => {
    const there = new Set(this.#there.map(({ key }) => key));
    return [...this.#added.filter(({ key }) => !there.has(key)), ...this.#there];
  });
  /** How many there are, here or not. */
  readonly count: number = $derived.by(
    () => this.#own.length + this.#datasets.reduce((sum, { count }) => sum + count, 0),
  );
  readonly examples: readonly Example[] = $derived.by(() => [
    ...this.#own.map((example) => ({ ...example, own: true, source: this.ownSource() })),
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

  /**
   * Know what the workspace has, and move there what only this browser has, as long as the effect
   * lives.
   */
  follow(): void {
    $effect(() => {
      void this.#share();
      return this.records.watch(() => void this.#share());
    });
  }

  /** One that the workspace has: to remove it takes more than this browser. */
  isShared(key: string): boolean {
    return this.#there.some((one) => one.key === key);
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
      key: `${OWN}${newId()}`,
      id,
      prompt,
      target,
      origin: from ? (from.own && from.origin ? from.origin : from.key) : null,
      keepQuestion: from?.keepQuestion ?? false,
      stop: from?.stop ?? [],
    };
    const list = [added, ...this.#stored()]; // another tab may have added some meanwhile
    if (!this.#write(list)) return null;
    void this.#move(added);
    return this.find(added.key);
  }

  async remove(key: string): Promise<void> {
    const isShared = this.isShared(key);
    this.#removed.add(key);
    this.#write(this.#stored().filter((example) => example.key !== key));
    this.#there = this.#there.filter((example) => example.key !== key);
    if (!isShared) return;
    try {
      await this.records.drop(key);
    } catch {
      this.#removed.delete(key);
      await this.#share(); // it is there still
    }
  }

  async #share(): Promise<void> {
    const listed = await this.records.list().catch(() => null);
    if (!listed) return;
    const there = new Map<string, Added>();
    for (const example of listed.map(fromRecord)) if (example) there.set(example.key, example);
    this.#there = [...there.values()];
    for (const one of this.#stored()) if (!this.#removed.has(one.key)) await this.#move(one);
  }

  /** What the workspace has need not be in the browser: it goes from there once it is saved. */
  async #move(added: Added): Promise<void> {
    const { key, ...example } = added;
    const written = await this.records.write({ id: key, example } as Listed).catch(() => "failed");
    if (written !== "kept") return;
    if (this.#removed.has(key)) return void this.records.drop(key).catch(() => undefined);
    this.#there = [added, ...this.#there.filter((one) => one.key !== key)];
    this.#write(this.#stored().filter((one) => one.key !== key));
  }

  #write(list: readonly Added[]): boolean {
    const written = this.store.write(KEY, list);
    if (written) this.#added = list;
    return written;
  }

  #stored(): Added[] {
    const stored = this.store.read(KEY);
    if (!Array.isArray(stored)) return [];
    return (stored as Added[]).filter((example) => example?.key && example.id);
  }
}

/** One that the workspace has, whoever wrote it there; null if this version can't show it. */
function fromRecord(listed: Listed): Added | null {
  const { example, id } = listed as Listed & { readonly example?: unknown };
  if (!id.startsWith(OWN) || !isRecord(example) || typeof example.id !== "string") return null;
  const { keepQuestion, origin, prompt, stop, target } = example;
  if (!isPrompt(prompt)) return null;
  return {
    key: id,
    id: example.id,
    prompt,
    target: typeof target === "string" ? target : null,
    origin: typeof origin === "string" ? origin : null,
    keepQuestion: keepQuestion === true,
    stop: Array.isArray(stop) ? stop.filter((one) => typeof one === "string") : [],
  };
}

function isPrompt(value: unknown): value is Prompt {
  if (typeof value === "string") return true;
  const isMessage = (one: unknown) =>
    isRecord(one) && typeof one.role === "string" && typeof one.content === "string";
  return Array.isArray(value) && value.length > 0 && value.every(isMessage);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
