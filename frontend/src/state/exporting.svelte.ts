/** What is seen as a file to hand on. */
import type { Transport } from "../host/transport";
import { explanationOf } from "../model/column";
import { idsOf, type Seen } from "../model/run";
import type { Attribution, Event, Explanation, Requests } from "../wire";
import { Job, type Watcher } from "./job.svelte";
import type { Reviewing } from "./reviewing.svelte";

type Request = Requests["export"];
type Exported = Extract<Event<"export">, { type: "exported" }>;
export type Form = Request["form"];
export type Part = Request["without"][number];

/** One run, or several beside each other. */
export interface Handed {
  readonly runs: readonly Seen[];
  /** Each run's map as it is shown; null of those that have none. */
  readonly maps: readonly (Attribution | null)[];
  /** Other maps of what was asked about, the latest last; of one run alone. */
  readonly others: readonly Attribution[];
  readonly logProbs: NonNullable<Request["log_probs"]> | null;
  readonly atMost: Request["at_most"];
}

export interface Choice {
  readonly form: Form;
  readonly note: string;
  readonly without: readonly Part[];
}

export class Exporting {
  readonly job: Job;
  /** The person is asked what to hand on, and how. */
  open = $state(false);

  constructor(
    transport: Transport,
    watcher: Watcher,
    /** What is seen; null while there is nothing to hand on. */
    readonly handed: () => Handed | null,
    /** A page is handed on, which may come back reviewed. */
    private readonly reviewing: Pick<Reviewing, "hand">,
  ) {
    this.job = new Job(transport, watcher);
  }

  ask(): void {
    this.job.clear();
    this.open = true;
  }

  close(): void {
    this.job.clear();
    this.open = false;
  }

  /** The file; null if it could not be made, which the job tells. */
  async make({ form, note, without }: Choice): Promise<Exported | null> {
    const handed = this.handed();
    if (!handed) return null;
    const { atMost, logProbs, maps, others, runs } = handed;
    let file = null as Exported | null;
    await this.job.run(
      "export",
      {
        explanations: runs.map((seen, i) => handedOn(seen, maps[i] ?? null, others)),
        log_probs: logProbs,
        at_most: atMost,
        scopes: runs.map(({ scope }) => scope),
        examples: runs.map(({ example }) => example?.id ?? null),
        note: note.trim(),
        without: [...without],
        form,
      },
      (event) => {
        if (event.type === "exported") file = event;
      },
    );
    if (file && form === "html")
      await this.reviewing.hand(
        file.report,
        runs.map((seen) => idsOf(seen).id),
      );
    return file;
  }
}

/** With what was measured of its map, and the maps by other methods behind it. */
function handedOn(
  seen: Seen,
  map: Attribution | null,
  others: readonly Attribution[],
): Explanation {
  const explanation = explanationOf(seen, map);
  if (!map) return explanation;
  const own = map === seen.explanation?.attributions[0] ? seen.proofs : (map.proofs ?? []);
  const shown = { ...map, proofs: [...own] };
  const by = new Map(others.map((one) => [one.method, one])); // the latest
  by.delete(map.method);
  return { ...explanation, attributions: [shown, ...by.values()] };
}
