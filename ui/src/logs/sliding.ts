/*
 * An array with a moving start. Positions are absolute: dropping from the front leaves all others valid, which is what
 * scroll offsets, search hits and line numbers need while an endless log passes through bounded memory.
 */
export class Sliding<T> {
  #items: T[] = [];
  #dropped = 0;
  #start = 0;

  /** Absolute position of the first item kept. */
  get start(): number {
    return this.#start;
  }

  /** Absolute position after the last item. */
  get end(): number {
    return this.#start + this.length;
  }

  get length(): number {
    return this.#items.length - this.#dropped;
  }

  /** The item at an absolute position; undefined where it was dropped or has not come yet. */
  at(position: number): T | undefined {
    return position < this.#start ? undefined : this.#items[position - this.#start + this.#dropped];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Drops every item before `position`. */
  dropUntil(position: number): void {
    const count = Math.min(Math.max(0, position - this.#start), this.length);
    this.#dropped += count;
    this.#start += count;
    // Compacting at half keeps dropping cheap on average.
    if (this.#dropped > 1024 && this.#dropped > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#dropped);
      this.#dropped = 0;
    }
  }

  /** Forgets all items; the next one stands at position 0 again. */
  clear(): void {
    this.#items = [];
    this.#dropped = 0;
    this.#start = 0;
  }

  /**
   * First position whose item satisfies `test`, or `end`. `test` must be false up to some position and true from there
   * on, as in a sorted list.
   */
  lowerBound(test: (item: T) => boolean): number {
    let low = this.#start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = this.at(middle);
      if (item !== undefined && test(item)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
