/** Amounts of data, and of things, short enough for a status line. */

const UNITS = ["B", "kB", "MB", "GB", "TB"];
/** Loading counts bytes, or now and then a few things such as tensors. */
const MIN_BYTES = 50_000;

/** `done` in the unit that suits `total`: "37 MB", "1.2 GB", or plain "12". */
export function amount(done: number, total: number): string {
  if (total < MIN_BYTES) return String(done);
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(total) / 3));
  const size = done / 1000 ** power;
  return `${size.toFixed(total / 1000 ** power < 10 ? 1 : 0)} ${UNITS[power]}`;
}
