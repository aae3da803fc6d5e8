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
  readonly kept: Kept;
}

/** What is kept record by record: of each kind there may be many. */
export interface Kept {
  readonly runs: RecordStore;
  /** What people think of runs. */
  readonly reviews: RecordStore;
  /** Variants of prompts over rows, with every answer. */
  readonly grids: RecordStore;
  /** Prompts that the person kept as examples: the browser has them at once, the workspace as well. */
  readonly prompts: RecordStore;
  /** Which runs were handed on, so that what comes back of them finds them. */
  readonly reports: RecordStore;
  /** Datasets as edited, and those that were added: the server keeps them. */
  readonly rows: Watched;
  readonly datasets: Watched;
}

export interface Watched {
  /** Call `changed` when another page wrote or dropped one, until what is returned is called. */
  watch(changed: () => void): () => void;
}

/** What a list shows of a record; what else there is of it is read when it is shown. */
export interface Listed {
  readonly id: string;
}

/** `full`: dropping others may make room. */
export type Written = "kept" | "full" | "failed";

/** Records, of all pages: they may be many and large, so nothing of this happens at once. */
export interface RecordStore extends Watched {
  /** So many are kept that nobody asked to keep. */
  readonly most: number;
  list(): Promise<readonly Listed[]>;
  /** All of a record; null if it is not there. */
  read(id: string): Promise<unknown>;
  /** Keep a record, or what is another in the list of one that is kept. */
  write(listed: Listed, whole?: unknown): Promise<Written>;
  drop(id: string): Promise<void>;
}

export interface SharedStore {
  read(key: string): unknown;
  write(key: string, value: unknown): boolean;
  forget(key: string): void;
  /** Call `changed` when another page writes `key`. */
  watch(key: string, changed: () => void): void;
}
