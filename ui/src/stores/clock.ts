/*
 * One clock for every age on the screen. It ticks once a second, only while something shows an age and the window is
 * visible, so that an idle window costs nothing.
 */
import { Store } from "./store";

export class Clock {
  readonly #now: Store<number>;
  #readers = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly page: Pick<Document, "hidden" | "addEventListener"> = document) {
    this.#now = new Store(Date.now());
    page.addEventListener("visibilitychange", () => this.#settle());
  }

  readonly get = (): number => this.#now.get();

  readonly subscribe = (listener: () => void): (() => void) => {
    const end = this.#now.subscribe(listener);
    this.#readers += 1;
    this.#settle();
    return () => {
      end();
      this.#readers -= 1;
      this.#settle();
    };
  };

  #settle(): void {
    const wanted = this.#readers > 0 && !this.page.hidden;
    if (wanted && this.#timer === undefined) {
      this.#now.set(Date.now());
      this.#timer = setInterval(() => this.#now.set(Date.now()), 1000);
    } else if (!wanted && this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}
