/** How the text may be drawn. */
export type Paint = "tint" | "underline";
export type Density = "comfortable" | "compact";

export interface Look {
  readonly paint: Paint;
  readonly density: Density;
  /** How much stronger small scores are drawn than they are. */
  readonly intensity: number;
}
