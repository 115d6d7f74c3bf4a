/*
 * A tooltip: the name of an icon-only control and the key that does the same. Never the only place for a fact.
 */
import { Tooltip } from "@base-ui/react/tooltip";
import type { ReactElement } from "react";
import { ShortcutKeys } from "./Kbd";
import styles from "./Tip.module.css";

interface TipProps {
  text: string;
  shortcut?: string | undefined;
  children: ReactElement<Record<string, unknown>>;
}

export function Tip({ text, shortcut, children }: TipProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} delay={500} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6}>
          <Tooltip.Popup className={styles.tip}>
            {text}
            {shortcut ? <ShortcutKeys keys={shortcut} /> : null}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
