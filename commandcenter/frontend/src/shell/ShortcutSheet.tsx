/*
 * All keys that do something now, by place. Made from the registered commands, so that it cannot tell anything else.
 */
import { Dialog, ShortcutKeys } from "@cchub/kit";
import { useAllCommands, type Command } from "./commands";
import styles from "./ShortcutSheet.module.css";

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
  const commands = useAllCommands();
  return (
    <Dialog open={open} onClose={onClose} title="Shortcuts" wide>
      <div className={styles.sheet}>
        {keysByGroup(commands).map(([group, listed]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {listed.map(({ id, keys, title }) => (
                <div key={id}>
                  <dt>{keys === undefined ? null : <ShortcutKeys keys={keys} />}</dt>
                  <dd>{title}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
