/** The panels, in the order they are shown. Adding one is a file and a line here. */
import type { Component } from "svelte";
import Agreement from "./agreement/Agreement.svelte";
import Contrast from "./contrast/Contrast.svelte";
import Examples from "./examples/Examples.svelte";
import Finding from "./finding/Finding.svelte";
import Influences from "./influences/Influences.svelte";
import Muted from "./muted/Muted.svelte";
import Runs from "./runs/Runs.svelte";
import Sequence from "./text/Sequence.svelte";
import Target from "./target/Target.svelte";
import Toolbar from "./toolbar/Toolbar.svelte";
import Trust from "./trust/Trust.svelte";

/** `library` is the left pane, `text` the middle, `findings` the right. */
export type Place = "library" | "text" | "findings";

export interface Panel {
  readonly name: string;
  readonly place: Place;
  readonly component: Component;
}

export const panels: readonly Panel[] = [
  { name: "examples", place: "library", component: Examples },
  { name: "runs", place: "library", component: Runs },
  { name: "toolbar", place: "text", component: Toolbar },
  { name: "text", place: "text", component: Sequence },
  { name: "target", place: "findings", component: Target },
  { name: "finding", place: "findings", component: Finding },
  { name: "muted", place: "findings", component: Muted },
  { name: "influences", place: "findings", component: Influences },
  { name: "trust", place: "findings", component: Trust },
  { name: "contrast", place: "findings", component: Contrast },
  { name: "agreement", place: "findings", component: Agreement },
];
