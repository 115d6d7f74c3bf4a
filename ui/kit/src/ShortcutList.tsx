/*
 * Keys and what they do, by place: what a sheet of shortcuts shows. In columns where there is room.
 */
import { ShortcutKeys } from "./Kbd";
import styles from "./ShortcutList.module.css";

export interface ShortcutGroup {
  title: string;
  /** Keys ("Mod+K") and the words for what they do. */
  keys: readonly (readonly [keys: string, words: string])[];
}

export function ShortcutList({ groups }: { groups: readonly ShortcutGroup[] }) {
  return (
    <div className={styles.sheet}>
      {groups.map(({ title, keys }) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl>
            {keys.map(([key, words]) => (
              <div key={key}>
                <dt>
                  <ShortcutKeys keys={key} />
                </dt>
                <dd>{words}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
