/*
 * A component whose code is loaded when it is first shown, or before that: then it is drawn at once, without the moment
 * in which what is typed would go nowhere.
 */
import { lazy, useState, type ComponentType } from "react";

export function loadedLater<P extends object>(load: () => Promise<ComponentType<P>>) {
  let loaded: ComponentType<P> | undefined;
  const get = async () => (loaded ??= await load());
  const Lazy = lazy(async () => ({ default: await get() }));
  function Page(props: P) {
    // The same one for as long as it is shown: another in its place would begin anew.
    const [Shown] = useState<ComponentType<P>>(() => loaded ?? Lazy);
    return <Shown {...props} />;
  }
  return { Page, load: get };
}
