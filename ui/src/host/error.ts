/*
 * Every failure that crosses the seam is a HubError: the Hub's own words where it had any, ours where it could not be
 * reached at all. Callers switch on `wire.code`, never on text.
 */
import type { WireError } from "../api";

export class HubError extends Error {
  constructor(readonly wire: WireError) {
    super(wire.message);
    this.name = "HubError";
  }
}

/** A failure that the UI itself has to put into words. */
export function localError(code: WireError["code"], message: string, action: string, cause?: unknown): HubError {
  return new HubError({
    code,
    message,
    action,
    cause: cause === undefined ? null : causeWords(cause),
    project: null,
    service: null,
    log_tail: [],
    offer: null,
    retryable: true,
  });
}

/** What was thrown, in words; anything can be thrown. */
export function causeWords(cause: unknown): string {
  if (cause instanceof Error) return cause.message;
  return typeof cause === "string" ? cause : `an unexpected ${typeof cause}`;
}

/** The Hub did not answer at all. */
export function unreachable(cause: unknown): HubError {
  return localError(
    "HUB_NOT_RUNNING",
    "The Hub does not answer.",
    "It may have been stopped. This page reconnects by itself once it runs again.",
    cause,
  );
}

function isWireError(value: unknown): value is WireError {
  return typeof value === "object" && value !== null && "code" in value && "message" in value && "action" in value;
}

/** Reads what a host threw or sent as an error. */
export function toHubError(thrown: unknown): HubError {
  if (thrown instanceof HubError) return thrown;
  if (isWireError(thrown)) return new HubError(thrown);
  return localError(
    "INTERNAL",
    "The Hub gave an answer this window cannot read.",
    "Restart the Hub; if it happens again, report it with the text below.",
    thrown,
  );
}
