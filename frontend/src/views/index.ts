/** The views beside that of one answer, each loaded once it is opened; a page alone has batches. */
import type { Component } from "svelte";
import type { ViewName } from "../model/place";

export type LoadView = () => Promise<{ default: Component }>;

export const views: Readonly<Record<Exclude<ViewName, "look" | "batch">, LoadView>> = {
  compare: () => import("./compare/Compare.svelte"),
  grid: () => import("./grid/Grid.svelte"),
  table: () => import("./table/Table.svelte"),
  review: () => import("./review/Review.svelte"),
};
