/** Batches as tables: which one is open, what is looked for in it, and which of its runs is read. */
import type { Requests } from "../wire";
import type { Order } from "./table";

type Query = Requests["batch_rows"];
export type RunStatus = NonNullable<Query["status"]>;

/** What is looked for, kept with the session. */
export interface BatchSetup {
  /** "" is none. */
  readonly name: string;
  /** The run that is read; "" is the table. */
  readonly run: string;
  /** What must stand anywhere in a run; "" is nothing. */
  readonly text: string;
  /** Null is any. */
  readonly variant: string | null;
  readonly status: RunStatus | null;
  readonly verdict: NonNullable<Query["verdict"]> | null;
  readonly order: Order | null;
}

export const NO_BATCH: BatchSetup = {
  name: "",
  run: "",
  text: "",
  variant: null,
  status: null,
  verdict: null,
  order: null,
};

/** As it was kept, if that batch is here; else the first there is, with nothing looked for. */
export function setupOf(kept: BatchSetup, batches: readonly string[]): BatchSetup {
  return batches.includes(kept.name) ? kept : { ...NO_BATCH, name: batches[0] ?? "" };
}

export function isFiltered({ status, text, variant, verdict }: BatchSetup): boolean {
  return text !== "" || [variant, status, verdict].some((one) => one !== null);
}

/** As it travels. */
export function queryOf({ order, status, text, variant, verdict }: BatchSetup) {
  const column = (order?.column ?? null) as NonNullable<Query["column"]> | null;
  return { text, variant, status, verdict, column, descending: order?.descending ?? false };
}
