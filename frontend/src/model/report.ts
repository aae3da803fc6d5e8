/** A run of a report, as the page knows runs. */
import type { ReportedRun } from "../wire";
import { explanationOf } from "./column";
import type { Seen } from "./run";

/** A run of the page, as a report would have it. */
export function reportedOf(seen: Seen): ReportedRun {
  const [own] = seen.explanation?.attributions ?? [];
  const map = own ? { ...own, proofs: [...seen.proofs] } : null;
  const { attributions, generation, metadata } = explanationOf(seen, map);
  return {
    generation,
    attributions,
    metadata: metadata ?? {},
    segmentations: seen.answer.segmentations,
    findings: attributions.map(() => seen.finding),
    remarks: attributions.map(() => []),
    example: seen.example?.id ?? null,
    scope: seen.scope,
  };
}

/** With one of its maps: the answer, what was asked about, and what was measured. */
export function seenIn(run: ReportedRun, map: number): Seen {
  const { generation, metadata, segmentations } = run;
  const { sequence } = generation;
  const one = run.attributions[map];
  const { foil } = one?.target ?? {};
  return {
    answer: {
      id: 0,
      kind: "model",
      model: generation.model,
      prompt: generation.prompt,
      muted: generation.muted ?? [],
      mutedTexts: [],
      options: generation.options ?? null,
      tokens: sequence.tokens,
      promptLength: sequence.prompt_length,
      segmentations,
      finish: generation.finish_reason,
    },
    target: one ? [one.target.start, one.target.stop] : null,
    foil: foil ? { text: foil.text, value: foil.ids } : null,
    explanation: one ? { generation, attributions: [one], metadata, schema_version: 0 } : null,
    scope: run.scope,
    proofs: one?.proofs ?? [],
    finding: run.findings[map] ?? null,
    example: null,
  };
}

/** A name as people read it: `sparse_ablation` is "Sparse ablation". */
export function named(name: string): string {
  const words = name.replaceAll("_", " ").replace(/\bl(\d)\b/g, "L$1");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
