/** What happens without the first parts of a map: measured by itself, once the map is there. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import { referenceOf } from "../../model/answer";
import { keyOfMap, type Subject } from "../../model/question";
import { sameSpan } from "../../model/spans";
import type { Attribution, Proof, Scope, Span } from "../../wire";
import { language } from "../language.svelte";
import { Job, type Watcher } from "../job.svelte";

/** How many of the first parts are taken away, each alone. */
const TOP = 3;

/** A whole map that is up to date, and what it is of. */
export interface Mapped {
  readonly subject: Subject;
  readonly attribution: Attribution;
  /** Of which segments the first are taken away. */
  readonly scope: Scope;
}

export interface Measured {
  readonly proofs: readonly Proof[];
  readonly finding: string | null;
}

export class Proving {
  readonly job: Job;
  #known = $state.raw<ReadonlyMap<string, Measured>>(new Map());
  /** Of a map that is being measured. */
  #soFar = $state.raw<{ key: string; proofs: readonly Proof[] } | null>(null);
  readonly #key: string | null = $derived.by(() => {
    const mapped = this.mapped();
    return mapped && keyOf(mapped);
  });
  /** What is known of the map that is shown. */
  readonly measured: Measured = $derived.by(() => {
    const came = this.mapped()?.attribution.proofs ?? [];
    const known = this.#key === null ? undefined : this.#known.get(this.#key);
    const proofs = came.length > 0 ? came : (known?.proofs ?? []);
    return { proofs, finding: known?.finding ?? null };
  });
  readonly #proofs: readonly Proof[] = $derived.by(() => {
    const { proofs } = this.measured;
    return proofs.length === 0 && this.#soFar?.key === this.#key
      ? (this.#soFar?.proofs ?? [])
      : proofs;
  });
  /** What that comes to, in words; null as long as nothing is known. */
  readonly finding: string | null = $derived(this.measured.finding);
  /** Why nothing is known; null where something is. */
  readonly failed = $derived.by(() => (this.measured.proofs.length > 0 ? null : this.job.error));
  /** Of parts that were taken away together; null if none were. */
  readonly together: Proof | null = $derived.by(
    () => this.#proofs.find(({ spans }) => spans.length > 1) ?? null,
  );

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly mapped: () => Mapped | null,
  ) {
    this.job = new Job(transport, watcher);
  }

  /** Of one part, taken away alone; null if it was not. */
  of(span: Span): Proof | null {
    return (
      this.#proofs.find(({ spans }) => spans.length === 1 && sameSpan(spans[0]!, span)) ?? null
    );
  }

  /** Measure whenever another map is there. The server lets anything else come first. */
  follow(): void {
    $effect(() => {
      void this.#key;
      untrack(() => void this.#ask());
    });
  }

  /** This was measured before, in another visit perhaps. */
  remember(mapped: Mapped, measured: Measured): void {
    this.#known = new Map([...this.#known, [keyOf(mapped), measured]]);
  }

  /** Measure once more, after it failed. */
  again(): void {
    void this.#ask();
  }

  async #ask(): Promise<void> {
    this.job.clear();
    const mapped = this.mapped();
    const key = this.#key;
    if (!mapped || !key || this.#known.has(key)) return;
    const { subject, attribution, scope } = mapped;
    const { answer } = subject;
    const request = {
      model: answer.model,
      reference: referenceOf(answer),
      attribution,
      scope,
      top: TOP,
      background: true,
    };
    this.#soFar = { key, proofs: [] };
    await this.job.run("prove", request, (event) => {
      if (event.type === "proof") {
        this.#soFar = { key, proofs: [...(this.#soFar?.proofs ?? []), event.proof] };
      }
      if (event.type !== "proofs") return;
      const { proofs, finding = null } = event;
      this.remember(mapped, { proofs, finding });
    });
  }
}

function keyOf({ subject, attribution, scope }: Mapped): string {
  return `${language.current} ${scope} ${keyOfMap(subject, attribution)}`;
}
