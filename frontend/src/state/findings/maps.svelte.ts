/** The maps computed in this visit: none is computed twice, and methods can be compared. */
import { keyOfQuestion, keyOfSubject, type Question, type Subject } from "../../model/question";
import type { Attribution } from "../../wire";

const MAX_MAPS = 60;

interface Known {
  readonly subject: string;
  readonly attribution: Attribution;
}

export class Maps {
  #all = $state.raw<ReadonlyMap<string, Known>>(new Map());

  find(question: Question): Attribution | null {
    return this.#all.get(keyOfQuestion(question))?.attribution ?? null;
  }

  remember(question: Question, attribution: Attribution): void {
    const key = keyOfQuestion(question);
    const others = [...this.#all].filter(([known]) => known !== key).slice(1 - MAX_MAPS);
    this.#all = new Map([...others, [key, { subject: keyOfSubject(question), attribution }]]);
  }

  /** All maps of a target and foil, the latest last. */
  of(subject: Subject): Attribution[] {
    const key = keyOfSubject(subject);
    return [...this.#all.values()]
      .filter((known) => known.subject === key)
      .map((known) => known.attribution);
  }
}
