/** The cells of a grid as they are drawn: those that came, a few at a time. */
import type { Cell } from "../../wire";

const PAUSE = 16; // ms between two drawings of cells that came
const AT_ONCE = 5; // cells that are drawn together: more would make the page jerk

/** A cell's place: of hundreds, only those that changed are drawn again. */
export class Slot {
  cell = $state.raw<Cell | null>(null);
}

export class Cells {
  /** Every variant's for the first row, then for the second. */
  slots = $state.raw<readonly Slot[]>([]);
  readonly #arrived = new Map<number, Cell>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** All that is known, null where nothing is. */
  get known(): readonly (Cell | null)[] {
    return this.slots.map(({ cell }) => cell);
  }

  /** Show these, and no others. */
  set(cells: readonly (Cell | null)[]): void {
    this.#arrived.clear();
    this.slots = cells.map((cell) => {
      const slot = new Slot();
      slot.cell = cell;
      return slot;
    });
  }

  take(place: number, cell: Cell): void {
    this.#arrived.set(place, cell);
    this.#timer ??= setTimeout(() => this.draw(AT_ONCE), PAUSE);
  }

  /** Draw what came, so many of it. */
  draw(most = Infinity): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [place, cell] of [...this.#arrived].slice(0, most)) {
      this.#arrived.delete(place);
      const slot = this.slots[place];
      if (slot) slot.cell = cell;
    }
    if (this.#arrived.size > 0) this.#timer = setTimeout(() => this.draw(AT_ONCE), PAUSE);
  }
}
