/** From scores to how strongly each chip is drawn. */
import type { Chip } from "./chips";
import { type Influence, isUnsure, largest, TEMPLATE } from "./ranking";

/** How much of its strength a map keeps while a new one is being computed. */
export const STALE = 0.4;
/** The template is drawn at half strength: it is there, but nobody wrote it. */
export const TEMPLATE_STRENGTH = 0.5;
/** So is what chance may have done, and fainter. */
export const UNSURE_STRENGTH = 0.3;

type Scored = Pick<Influence, "start" | "stop" | "role" | "score" | "interval">;

export interface Layer {
  readonly influences: readonly Scored[];
  /** 1 for a current map, `STALE` for one that is about to be replaced. */
  readonly weight: number;
}

/**
 * The strength of every chip, -1 to 1. Later layers cover earlier ones where they have
 * scores; each is scaled by its own largest score, or by `scale` where several texts have one in
 * common, and `intensity` makes small ones stronger.
 */
export function strengths(
  chips: readonly Chip[],
  layers: readonly Layer[],
  intensity: number,
  scale: number | null = null,
): Float32Array {
  const drawn = new Float32Array(chips.length);
  for (const { influences, weight } of layers) {
    const top = scale ?? (largest(influences) || 1);
    let at = 0;
    for (const one of [...influences].sort((a, b) => a.start - b.start)) {
      const { start, stop, role, score } = one;
      while (at < chips.length && chips[at]!.start < start) at++;
      const full = Math.max(-1, Math.min(1, (score / top) * intensity));
      const shown = role === TEMPLATE ? TEMPLATE_STRENGTH : isUnsure(one) ? UNSURE_STRENGTH : 1;
      const strength = full * weight * shown;
      for (; at < chips.length && chips[at]!.start < stop; at++) drawn[at] = strength;
    }
  }
  return drawn;
}
