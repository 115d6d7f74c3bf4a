/*
 * Keys as the user's keyboard names them. Shortcuts are written "Mod+K": Mod is Cmd on macOS, Ctrl elsewhere. Keys that
 * are pressed one after the other are parted by a space: "g s".
 */
import styles from "./Kbd.module.css";

export function Kbd({ children }: { children: string }) {
  return <kbd className={styles.kbd}>{children}</kbd>;
}

const isMac = typeof navigator !== "undefined" && navigator.userAgent.includes("Mac");

/** The single keys of a shortcut in this platform's words, in the order they are pressed. */
export function platformKeys(keys: string, mac: boolean = isMac): string[] {
  return keys.split(/[+ ]/).map((key) => {
    if (key === "Mod") return mac ? "⌘" : "Ctrl";
    if (key === "Shift") return mac ? "⇧" : "Shift";
    if (key === "Enter") return "↵";
    if (key === "ArrowUp") return "↑";
    if (key === "ArrowDown") return "↓";
    return key;
  });
}

export function ShortcutKeys({ keys }: { keys: string }) {
  return (
    <span className={styles.keys}>
      {platformKeys(keys).map((key, place) => (
        <Kbd key={place}>{key}</Kbd>
      ))}
    </span>
  );
}
