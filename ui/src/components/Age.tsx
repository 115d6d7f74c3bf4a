/*
 * How long ago something was, kept current. Renders by itself, so that a list of ages never renders its rows.
 */
import { useAge } from "../app";

export function Age({ at }: { at: number }) {
  const words = useAge(at);
  return <time dateTime={new Date(at).toISOString()}>{words}</time>;
}
