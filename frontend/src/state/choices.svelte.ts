/** What the person chose, as far as it can be had: the model, the method, how to generate. */
import type { Example } from "../model/example";
import type { GenerationOptions, MethodInfo, ModelInfo } from "../wire";
import type { Answers } from "./answer/answers.svelte";
import type { Session } from "./prompt/session.svelte";
import type { Server } from "./server.svelte";

export class Choices {
  readonly model: ModelInfo | null = $derived.by(() => {
    const { models } = this.server;
    return models.find(({ name }) => name === this.session.model) ?? models[0] ?? null;
  });
  /**
   * Methods, with reasons, that whoever wrote the answer can't serve; or would, before there is
   * one. Of a model that is gone nothing is known, and its maps are shown whatever made them.
   */
  readonly unavailable: Readonly<Record<string, string>> = $derived.by(() => {
    const writer = this.answers.current?.model ?? this.model?.name;
    const explained = this.server.models.find(({ name }) => name === writer);
    return explained?.unavailable_methods ?? {};
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
  /** How a response is written: as the server says, ended as the example says, or as was chosen. */
  readonly options: GenerationOptions | null = $derived.by(() => {
    const usual = this.server.state?.options;
    const stop = this.example()?.stop ?? [];
    return usual
      ? { ...usual, ...(stop.length > 0 && { stop: [...stop] }), ...this.session.options }
      : null;
  });

  constructor(
    private readonly session: Session,
    private readonly server: Server,
    private readonly answers: Answers,
    private readonly example: () => Example | null,
  ) {}

  #usableNamed(name: string | null): MethodInfo | null {
    return this.usable.find((method) => method.name === name) ?? null;
  }
}
