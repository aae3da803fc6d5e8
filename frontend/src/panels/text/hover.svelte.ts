/** Which token the pointer rests on: at once while a card is open, else after a moment. */
const REST = 280;

export class HoverIntent {
  token = $state(-1);
  element = $state.raw<HTMLElement | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pending = -1;

  over(element: HTMLElement | null, token: number): void {
    if (token === this.#pending) return;
    this.#pending = token;
    clearTimeout(this.#timer);
    if (!element) this.#timer = setTimeout(() => this.leave(), REST / 2);
    else if (this.token >= 0) this.show(element, token);
    else this.#timer = setTimeout(() => this.show(element, token), REST);
  }

  show(element: HTMLElement | null, token: number): void {
    clearTimeout(this.#timer);
    this.#pending = token;
    this.element = element;
    this.token = element ? token : -1;
  }

  /** Close, and stay so until the pointer is over another token. */
  dismiss(): void {
    const resting = this.#pending;
    this.leave();
    this.#pending = resting;
  }

  leave(): void {
    this.show(null, -1);
  }
}
