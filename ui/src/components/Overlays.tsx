/*
 * What can lie over any page: palette, shortcut sheet, add and quit dialogs, drop target, notices.
 */
import { Dialog, Palette, ShortcutList, Toasts } from "@cchub/kit";
import { useApp } from "../app";
import { useStore } from "../stores/store";
import { AddFolderDialog } from "./AddFolderDialog";
import { commands, SHORTCUTS } from "./commands";
import { DropOverlay } from "./DropOverlay";
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
      <ShortcutList groups={SHORTCUTS} />
    </Dialog>
  );
}
