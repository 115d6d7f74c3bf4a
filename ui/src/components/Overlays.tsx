/*
 * What can lie over any page: palette, shortcut sheet, add and quit dialogs, drop target, notices.
 */
import { Dialog, Palette, ShortcutKeys, Toasts } from "@cchub/kit";
import { useApp } from "../app";
import { useStore } from "../stores/store";
import { AddFolderDialog } from "./AddFolderDialog";
import { commands, SHORTCUTS } from "./commands";
import { DropOverlay } from "./DropOverlay";
import styles from "./Overlays.module.css";
import { QuitDialog } from "./QuitDialog";

export function Overlays() {
  return (
    <>
      <CommandPalette />
      <ShortcutSheet />
      <AddFolderDialog />
      <QuitDialog />
      <DropOverlay />
      <Toasts />
    </>
  );
}

function CommandPalette() {
  const app = useApp();
  const open = useStore(app.overlay, (overlay) => overlay === "palette");
  const projects = useStore(app.hub, (state) => state.projects);
  return <Palette open={open} onClose={() => app.overlay.set("none")} entries={open ? commands(app, projects) : []} />;
}

function ShortcutSheet() {
  const app = useApp();
  const open = useStore(app.overlay, (overlay) => overlay === "shortcuts");
  return (
    <Dialog open={open} onClose={() => app.overlay.set("none")} title="Shortcuts" wide>
      <div className={styles.sheet}>
        {SHORTCUTS.map(({ place, keys }) => (
          <section key={place}>
            <h3>{place}</h3>
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
    </Dialog>
  );
}
