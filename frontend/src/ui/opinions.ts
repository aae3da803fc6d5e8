/** How an opinion is drawn. */
import Check from "@lucide/svelte/icons/check";
import CircleQuestionMark from "@lucide/svelte/icons/circle-question-mark";
import X from "@lucide/svelte/icons/x";
import type { Component } from "svelte";
import type { Opinion } from "../model/review";

export const SIGNS: Record<Opinion, Component<{ size?: number }>> = {
  agree: Check,
  disagree: X,
  unsure: CircleQuestionMark,
};
