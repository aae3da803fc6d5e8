/** How the text may be drawn. */
export type Paint = "tint" | "underline";
export type Density = "comfortable" | "compact";
