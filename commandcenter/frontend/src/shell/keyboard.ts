/*
 * The global keyboard layer: turns key presses into commands. Plain keys and sequences ("g s") work where nothing is
 * typed and nothing lies over the page; keys with Ctrl or Cmd work everywhere. A key that somebody nearer has used
 * (preventDefault) is left alone.
 */
import type { CommandRegistry } from "./commands";

/** A sequence is forgotten after this long without its next key, in milliseconds. */
const SEQUENCE_PAUSE = 1200;

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** How a key press is written in a command: "Mod+K", "Mod+Shift+P", "g", "?", "Esc". Null for a modifier alone. */
export function chordOf(event: Press): string | null {
  const { key } = event;
  if (["Control", "Meta", "Alt", "Shift", "Dead", "Unidentified"].includes(key)) return null;
  const name = key === "Escape" ? "Esc" : key === " " ? "Space" : key;
  const mod = event.ctrlKey || event.metaKey;
  if (!mod && !event.altKey) return name;
  const parts = [mod ? "Mod" : "", event.altKey ? "Alt" : "", event.shiftKey ? "Shift" : ""].filter(Boolean);
  return [...parts, name.length === 1 ? name.toUpperCase() : name].join("+");
}

/** True where letters are text, or where a menu or dialog has the keyboard. */
export function isTaken(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest(
      "input, textarea, select, [contenteditable=true], [role=menu], [role=dialog], [role=alertdialog]",
    ) !== null
  );
}

/** True where Enter and Space press what has the focus. */
function pressesTarget(chord: string, target: EventTarget | null): boolean {
  return (
    (chord === "Enter" || chord === "Space") &&
    target instanceof HTMLElement &&
    target.closest("a[href], button, summary, [role=button], [role=option], [role=treeitem]") !== null
  );
}

/** Takes the focus out of a field on the page, so that plain keys are commands again; false where it is in none. */
function leaveField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("input, textarea, select") === null || target.closest("[role=dialog], [role=alertdialog]"))
    return false;
  target.blur();
  return true;
}

export class KeyboardLayer {
  #sequence = "";
  #forget: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly commands: CommandRegistry) {}

  /** Listens until the returned function is called. */
  open(target: Window): () => void {
    const press = (event: KeyboardEvent) => this.#press(event);
    target.addEventListener("keydown", press);
    return () => {
      target.removeEventListener("keydown", press);
      clearTimeout(this.#forget);
    };
  }

  #press(event: KeyboardEvent): void {
    const chord = chordOf(event);
    if (chord === null || event.defaultPrevented || event.isComposing) return;
    const withModifier = chord.startsWith("Mod+") || chord.startsWith("Alt+");
    if (pressesTarget(chord, event.target)) return;
    if (chord === "Esc" && leaveField(event.target)) {
      event.preventDefault();
      return;
    }
    if (!withModifier && isTaken(event.target)) {
      this.#clear();
      return;
    }
    const keys = this.#sequence === "" ? chord : `${this.#sequence} ${chord}`;
    const command = this.commands.byKeys(keys);
    if (command) {
      event.preventDefault();
      this.#clear();
      command.run();
      return;
    }
    if (!withModifier && this.commands.isPrefix(keys)) {
      event.preventDefault();
      this.#remember(keys);
      return;
    }
    const wasInSequence = this.#sequence !== "";
    this.#clear();
    // The key did not go on with the sequence: it may begin anew.
    if (wasInSequence) this.#press(event);
  }

  #remember(keys: string): void {
    this.#sequence = keys;
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => this.#clear(), SEQUENCE_PAUSE);
  }

  #clear(): void {
    this.#sequence = "";
    clearTimeout(this.#forget);
  }
}
