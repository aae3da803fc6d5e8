/** The foil: why the model wrote the target rather than something else. */
import { untrack } from "svelte";
import type { Foil } from "../../model/question";
import type { ErrorInfo } from "../../wire";

/** Errors that are about what was typed, and are told beside it. */
const ABOUT_THE_FOIL = ["TargetError", "PromptError"];

export class Contrast {
  foil = $state.raw<Foil | null>(null);
  /** What is in the field, applied or not. */
  typed = $state("");
  error = $state.raw<ErrorInfo | null>(null);

  /** Ask against this foil; null for none. */
  choose(foil: Foil | null): void {
    this.foil = foil;
    this.error = null;
  }

  type(text: string): void {
    this.typed = text;
    this.error = null;
  }

  /** A foil the server can't use is let go of, with its error; what was typed stays. */
  refuse(error: ErrorInfo | null): boolean {
    const foil = untrack(() => this.foil); // another foil is no new error
    if (!foil || !error || !ABOUT_THE_FOIL.includes(error.code)) return false;
    this.foil = null;
    this.error = error;
    return true;
  }

  clear(): void {
    this.choose(null);
    this.typed = "";
  }
}
