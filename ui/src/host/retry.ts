/*
 * Keeps something connected: tries, and after each end tries again, at growing distances, until stopped.
 */
import type { Stop } from "./types";

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 4_000;

/**
 * Runs `attempt` again and again. It resolves or fails when its connection ends; calling `worked` makes the next pause
 * short again. `ended` is told after each end.
 */
export function keepConnected(
  attempt: (signal: AbortSignal, worked: () => void) => Promise<void>,
  ended: (reason: unknown) => void,
): Stop {
  const stop = new AbortController();
  void (async () => {
    let pause = FIRST_PAUSE;
    const isStopped = () => stop.signal.aborted;
    while (!isStopped()) {
      let reason: unknown;
      try {
        await attempt(stop.signal, () => {
          pause = FIRST_PAUSE;
        });
      } catch (thrown) {
        reason = thrown;
      }
      if (!isStopped()) ended(reason);
      await pausing(pause, stop.signal);
      pause = Math.min(LONGEST_PAUSE, pause * 2);
    }
  })();
  return () => stop.abort();
}

function pausing(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, signal.aborted ? 0 : milliseconds);
    signal.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
