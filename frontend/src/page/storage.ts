/**
 * What is kept between visits: here, in the browser.
 *
 * Each tab writes its own drafts under its own name, so two tabs never overwrite each other;
 * a new tab starts from what was saved last. Preferences and added examples are shared.
 */

import type { Kept, SharedStore, Store } from "../host/store";
import { newId } from "../model/ids";
import { browserKept } from "./records";

const PREFIX = "backlit.";
const TAB = `${PREFIX}tab.`;
const TAB_ID = `${PREFIX}tab-id`;
const MAX_TABS = 8;

/** The stored value, or null if there is none or it can't be read. */
function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

/** Store a value; false if the browser has no room or does not allow it. */
function write(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

function forget(key: string): void {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // storage is off: nothing was kept
  }
}

function watch(key: string, changed: () => void): void {
  addEventListener("storage", (event) => event.key === PREFIX + key && changed());
}

/** What all pages of this browser share. */
export const browserStore: SharedStore = { read, write, forget, watch };

/** One tab's own corner of the storage. */
export class TabStorage implements Store {
  readonly shared = browserStore;
  #id: string;

  constructor(readonly kept: Kept = browserKept) {
    this.#id = sessionItem() ?? newId();
    keepSessionItem(this.#id);
  }

  async ready(): Promise<void> {
    await this.#claim();
    this.#prune();
  }

  /**
   * A duplicated tab starts with a copy of the other's name. Names are claimed by a lock that
   * lasts as long as the tab; who comes second takes a new name before writing anything.
   */
  async #claim(): Promise<void> {
    const locks = navigator.locks as LockManager | undefined;
    if (!locks) return;
    const claimed = await new Promise<boolean>((resolve) => {
      const hold = () => {
        resolve(true);
        return new Promise<void>(() => undefined); // held until the tab is closed
      };
      locks
        .request(TAB + this.#id, { signal: AbortSignal.timeout(300) }, hold)
        .catch(() => resolve(false));
    });
    if (claimed) return;
    this.#id = newId();
    keepSessionItem(this.#id);
    await this.#claim();
  }

  /** What this tab wrote, or else what any tab wrote last. */
  read(part: string): unknown {
    return read(`tab.${this.#id}.${part}`) ?? read(`tab.${latestTab() ?? ""}.${part}`);
  }

  write(part: string, value: unknown): boolean {
    write(`tab.${this.#id}.saved`, Date.now());
    return write(`tab.${this.#id}.${part}`, value);
  }

  forget(part: string): void {
    forget(`tab.${this.#id}.${part}`);
  }

  /** Drop what the oldest tabs left behind. */
  #prune(): void {
    for (const id of tabsByAge().slice(MAX_TABS)) {
      if (id === this.#id) continue;
      for (const key of ownKeys(`${TAB}${id}.`)) forget(key.slice(PREFIX.length));
    }
  }
}

function latestTab(): string | undefined {
  return tabsByAge()[0];
}

/** Names of tabs, the latest first. */
function tabsByAge(): string[] {
  const suffix = ".saved";
  return ownKeys(TAB)
    .filter((key) => key.endsWith(suffix))
    .map((key) => key.slice(TAB.length, -suffix.length))
    .map((id) => ({ id, at: Number(read(`tab.${id}.saved`)) }))
    .sort((a, b) => b.at - a.at)
    .map(({ id }) => id);
}

function ownKeys(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

function sessionItem(): string | null {
  try {
    return sessionStorage.getItem(TAB_ID);
  } catch {
    return null;
  }
}

function keepSessionItem(id: string): void {
  try {
    sessionStorage.setItem(TAB_ID, id);
  } catch {
    // storage is off: this tab has no memory of its own
  }
}
