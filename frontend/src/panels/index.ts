/** The panels, in the order they are shown. Adding one is a file and a line here. */
import type { Component } from "svelte";
import Agreement from "./Agreement.svelte";
import Editor from "./Editor.svelte";
import Examples from "./Examples.svelte";
import Influences from "./Influences.svelte";
import MuteCard from "./MuteCard.svelte";
import TargetCard from "./TargetCard.svelte";
import Text from "./Text.svelte";
import Toolbar from "./Toolbar.svelte";
import Trust from "./Trust.svelte";

/** `prompt` is the left pane, `text` the middle, `findings` the right. */
export type Place = "prompt" | "text" | "findings";

export interface Panel {
  readonly name: string;
  readonly place: Place;
  readonly component: Component;
}

export const panels: readonly Panel[] = [
  { name: "examples", place: "prompt", component: Examples },
  { name: "editor", place: "prompt", component: Editor },
  { name: "toolbar", place: "text", component: Toolbar },
  { name: "text", place: "text", component: Text },
  { name: "target", place: "findings", component: TargetCard },
  { name: "muted", place: "findings", component: MuteCard },
  { name: "trust", place: "findings", component: Trust },
  { name: "influences", place: "findings", component: Influences },
  { name: "agreement", place: "findings", component: Agreement },
];
