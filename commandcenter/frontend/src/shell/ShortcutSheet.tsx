/*
 * All keys that do something now, by place. Made from the registered commands, so that it cannot tell anything else.
 */
import { Dialog, ShortcutList, type ShortcutGroup } from "@cchub/kit";
import { useAllCommands, type Command } from "./commands";

/** Commands with keys by their group, the groups in order of their first command; of equal keys only the first. */
export function keysByGroup(commands: readonly Command[]): [string, Command[]][] {
  const groups = new Map<string, Command[]>();
  const seen = new Set<string>();
  for (const command of commands) {
    if (command.keys === undefined || seen.has(command.keys)) continue;
    seen.add(command.keys);
    groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  }
  return [...groups];
}

export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const groups = keysByGroup(useAllCommands()).map(([title, listed]): ShortcutGroup => ({
    title,
    keys: listed.map((one) => [one.keys ?? "", one.title] as const),
  }));
  return (
    <Dialog open={open} onClose={onClose} title="Shortcuts" wide>
      <ShortcutList groups={groups} />
    </Dialog>
  );
}
