/** Where a page keeps what should outlive it. */
/** Kept part by part. */
export interface Store {
  /** What was kept last, or null. */
  read(part: string): unknown;
  /** Keep a value; false if there is no room. */
  write(part: string, value: unknown): boolean;
  forget(part: string): void;
  /** Settle before the first write. */
  ready(): Promise<void>;
  /** What all pages share. */
  readonly shared: SharedStore;
}

export interface SharedStore {
  read(key: string): unknown;
  write(key: string, value: unknown): boolean;
  forget(key: string): void;
  /** Call `changed` when another page writes `key`. */
  watch(key: string, changed: () => void): void;
}
