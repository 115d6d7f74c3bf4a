/*
 * Every action by name and key. The frame and the page that is shown register what can be done now; the palette lists
 * it, the keyboard runs it, the shortcut sheet explains it. Of two commands with the same key the later one registered
 * wins: the page's before the frame's.
 */
import { createContext, use, useLayoutEffect, useMemo, useRef, useSyncExternalStore, type ReactNode } from "react";

export interface Command {
  /** Stable name, unique among what is registered at once. */
  id: string;
  title: string;
  /** Heading in the shortcut sheet. */
  group: string;
  /** What it acts on, shown beside the title. */
  subject?: string | undefined;
  icon?: ReactNode;
  /** "Mod+K", "?", or a sequence: "g s". */
  keys?: string | undefined;
  /** Runs without being listed, e.g. moving through a list. */
  hidden?: boolean | undefined;
  disabled?: boolean | undefined;
  run: () => void;
}

type Scope = readonly Command[];

/** What is registered, in the order of registration. */
export class CommandRegistry {
  #scopes: readonly { key: symbol; commands: Scope }[] = [];
  #all: readonly Command[] = [];
  readonly #listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** All commands that can run now; those registered last first. */
  all = (): readonly Command[] => this.#all;

  /** Puts the commands of one owner in place, in the stead of those it had. */
  put(key: symbol, commands: Scope): void {
    const at = this.#scopes.findIndex((scope) => scope.key === key);
    this.#scopes = at < 0 ? [...this.#scopes, { key, commands }] : this.#scopes.with(at, { key, commands });
    this.#changed();
  }

  remove(key: symbol): void {
    this.#scopes = this.#scopes.filter((scope) => scope.key !== key);
    this.#changed();
  }

  /** Runs a command by its name; does nothing when it cannot run now. */
  run(id: string): void {
    this.#all.find((command) => command.id === id)?.run();
  }

  /** The command that a key or a sequence of keys runs. */
  byKeys(keys: string): Command | undefined {
    return this.#all.find((command) => command.keys === keys);
  }

  /** True when more keys after these make a command. */
  isPrefix(keys: string): boolean {
    return this.#all.some((command) => command.keys?.startsWith(`${keys} `));
  }

  #changed(): void {
    this.#all = this.#scopes.toReversed().flatMap((scope) => scope.commands.filter((command) => !command.disabled));
    for (const listener of this.#listeners) listener();
  }
}

const CommandsContext = createContext<CommandRegistry | null>(null);

export const CommandsProvider = CommandsContext.Provider;

export function useCommandRegistry(): CommandRegistry {
  const registry = use(CommandsContext);
  if (!registry) throw new Error("commands are used outside the application's frame");
  return registry;
}

/** All commands that can run now; the component follows them. */
export function useAllCommands(): readonly Command[] {
  const registry = useCommandRegistry();
  return useSyncExternalStore(registry.subscribe, registry.all);
}

/**
 * Offers commands while the calling component is shown. They may be made anew on each render. Registered before the
 * browser paints: what can be seen can be done, however quick the key.
 */
export function useCommands(commands: readonly Command[]): void {
  const registry = useCommandRegistry();
  const key = useMemo(() => Symbol("commands"), []);
  const latest = useRef(commands);
  useLayoutEffect(() => {
    latest.current = commands;
  });
  // What is listed changes with these; what runs is always the newest closure.
  const listed = JSON.stringify(
    commands.map(({ id, title, subject, keys, hidden, disabled, group }) => [
      id,
      title,
      subject,
      keys,
      hidden,
      disabled,
      group,
    ]),
  );
  useLayoutEffect(() => {
    registry.put(
      key,
      latest.current.map((command) => ({
        ...command,
        run: () => latest.current.find((one) => one.id === command.id)?.run(),
      })),
    );
  }, [registry, key, listed]);
  useLayoutEffect(() => () => registry.remove(key), [registry, key]);
}
