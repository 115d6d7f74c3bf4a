/*
 * The smallest store there can be: a value, listeners, and one hook for components. A value is replaced, never changed
 * in place, so that comparing by identity tells whether anything happened.
 */
import { useCallback, useSyncExternalStore } from "react";

export class Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }

  /** Replaces some fields of an object value; does nothing where all of them are the same already. */
  patch(change: Partial<T>): void {
    const changed = (Object.keys(change) as (keyof T)[]).some((key) => !Object.is(change[key], this.#value[key]));
    if (changed) this.set({ ...this.#value, ...change });
  }
}

/** Reads a store, or a part of it. `select` must return the same reference for the same value. */
export function useStore<T>(store: Pick<Store<T>, "get" | "subscribe">): T;
export function useStore<T, U>(store: Pick<Store<T>, "get" | "subscribe">, select: (value: T) => U): U;
export function useStore<T>(store: Pick<Store<T>, "get" | "subscribe">, select?: (value: T) => unknown): unknown {
  const read = useCallback(() => (select ? select(store.get()) : store.get()), [store, select]);
  return useSyncExternalStore(store.subscribe, read);
}
