/** What the person chose, as far as it can be had: the model, the method, how to generate. */
import type { Example } from "../model/example";
import { type Counting, MEASURES } from "../model/question";
import type { GenerationOptions, Measure, MethodInfo, ModelInfo } from "../wire";
import type { Answers } from "./answer/answers.svelte";
import type { Session } from "./prompt/session.svelte";
import type { Server } from "./server.svelte";

/** What is said of options that a model does not take. */
const OWN: Readonly<Record<string, number | null>> = { temperature: null, top_p: 1, seed: null };

export class Choices {
  readonly model: ModelInfo | null = $derived.by(() => {
    const { models } = this.server;
    return models.find(({ name }) => name === this.session.model) ?? models[0] ?? null;
  });
  /**
   * Methods, with reasons, that whoever wrote the answer can't serve; or would, before there is
   * one. Of a model that is gone nothing is known, and its maps are shown whatever made them.
   */
  readonly unavailable: Readonly<Record<string, string>> = $derived.by(() =>
    this.#unavailableFor(this.measure),
  );
  /** What can be measured of it. */
  readonly measures: readonly Measure[] = $derived.by(() => {
    const methods = this.server.state?.methods ?? [];
    return MEASURES.filter((one) => {
      const blocked = this.#unavailableFor(one);
      return methods.some(({ name }) => !(name in blocked));
    });
  });
  /** What was chosen, or what there is: of who tells no probabilities, answers are counted. */
  readonly measure: Measure = $derived.by(() => {
    const { measures } = this;
    const chosen = measures.find((one) => one === this.session.measure);
    return chosen ?? measures[0] ?? "log_prob";
  });
  readonly counting: Counting | null = $derived.by(() => {
    const { matching, samples } = this.session;
    return this.measure === "share" ? { samples, matching: matching || null } : null;
  });
  readonly usable: readonly MethodInfo[] = $derived.by(() => {
    const methods = this.server.state?.methods ?? [];
    return methods.filter(({ name }) => !(name in this.unavailable));
  });
  /** The chosen method, or the first that there is: the server puts the best one to begin with first. */
  readonly method: MethodInfo | null = $derived.by(
    () => this.#usableNamed(this.session.method) ?? this.usable[0] ?? null,
  );
  /** The method whose map is shown beside the chosen one's. */
  readonly comparison: MethodInfo | null = $derived.by(() => {
    const method = this.#usableNamed(this.session.comparison);
    return method === this.method ? null : method;
  });
  /**
   * How a response is written: as the server says, ended as the example says, or as was chosen; what
   * the model does not take is its own.
   */
  readonly options: GenerationOptions | null = $derived.by(() => {
    const usual = this.server.state?.options;
    const stop = this.example()?.stop ?? [];
    if (!usual) return null;
    const chosen = {
      ...usual,
      ...(stop.length > 0 && { stop: [...stop] }),
      ...this.session.options,
    };
    for (const name of this.model?.untaken ?? []) Object.assign(chosen, { [name]: OWN[name] });
    return chosen;
  });

  constructor(
    private readonly session: Session,
    private readonly server: Server,
    private readonly answers: Answers,
    private readonly example: () => Example | null,
  ) {}

  #unavailableFor(measure: Measure): Readonly<Record<string, string>> {
    const writer = this.answers.current?.model ?? this.model?.name;
    const explained = this.server.models.find(({ name }) => name === writer);
    return (
      (measure === "share" ? explained?.unavailable_for_shares : explained?.unavailable_methods) ??
      {}
    );
  }

  #usableNamed(name: string | null): MethodInfo | null {
    return this.usable.find((method) => method.name === name) ?? null;
  }
}
