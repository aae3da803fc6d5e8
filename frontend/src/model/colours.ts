/**
 * Colour tables: 256 steps for each theme, made once.
 *
 * Signed scores run from orange (opposes) to blue (supports), a pair that every common kind
 * of colour blindness tells apart; unsigned ones are a single blue ramp. Steps are even in
 * OKLab, a space in which equal distances look equal, and end where text on top still
 * has AA contrast.
 */

export type Theme = "light" | "dark";
export type Rgb = readonly [number, number, number];

export const STEPS = 256;

interface Lch {
  readonly lightness: number;
  readonly chroma: number;
  readonly hue: number;
}

interface Ends {
  readonly surface: Lch;
  readonly supports: Lch;
  readonly opposes: Lch;
}

const ENDS: Record<Theme, Ends> = {
  light: {
    surface: { lightness: 1, chroma: 0, hue: 250 },
    supports: { lightness: 0.7, chroma: 0.135, hue: 250 },
    opposes: { lightness: 0.74, chroma: 0.15, hue: 58 },
  },
  dark: {
    surface: { lightness: 0.2, chroma: 0.01, hue: 262 },
    supports: { lightness: 0.475, chroma: 0.135, hue: 255 },
    opposes: { lightness: 0.5, chroma: 0.115, hue: 52 },
  },
};

/** How strongly a score is drawn, -1 to 1, as an index into a table. */
export function step(strength: number, signed: boolean): number {
  const clamped = Math.max(signed ? -1 : 0, Math.min(1, strength));
  const share = signed ? (clamped + 1) / 2 : clamped;
  return Math.round(share * (STEPS - 1));
}

/** The colours of a table as bytes, for tests of contrast as well as for drawing. */
export function ramp(theme: Theme, signed: boolean): Rgb[] {
  const { surface, supports, opposes } = ENDS[theme];
  return Array.from({ length: STEPS }, (_, i) => {
    const share = i / (STEPS - 1);
    if (!signed) return mix(surface, supports, share);
    const strength = share * 2 - 1;
    return mix(surface, strength < 0 ? opposes : supports, Math.abs(strength));
  });
}

const tables = new Map<string, readonly string[]>();

/** CSS colours; nothing at all where the score is nothing, so that the page shows through. */
export function colourTable(theme: Theme, signed: boolean): readonly string[] {
  const key = `${theme} ${signed}`;
  let table = tables.get(key);
  if (!table) {
    const silent = signed ? [127, 128] : [0];
    table = ramp(theme, signed).map(([r, g, b], i) =>
      silent.includes(i) ? "transparent" : `rgb(${r} ${g} ${b})`,
    );
    tables.set(key, table);
  }
  return table;
}

/** WCAG 2 contrast of two colours, 1 to 21. */
export function contrastRatio(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function mix(from: Lch, to: Lch, share: number): Rgb {
  const [l1, a1, b1] = toLab(from);
  const [l2, a2, b2] = toLab(to);
  return toRgb(l1 + (l2 - l1) * share, a1 + (a2 - a1) * share, b1 + (b2 - b1) * share);
}

function toLab({ lightness, chroma, hue }: Lch): [number, number, number] {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

/** OKLab to sRGB bytes (Ottosson's matrices), clipped to what a screen shows. */
function toRgb(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toByte(linear: number): number {
  const c = Math.max(0, Math.min(1, linear));
  return Math.round((c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055) * 255);
}
