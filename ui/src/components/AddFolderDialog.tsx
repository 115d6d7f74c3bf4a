/*
 * Adding a folder by its path, where the host has no folder dialog. The field accepts what people paste: quotes around a
 * path and spaces at its ends are taken off.
 */
import { Button, Dialog, TextField } from "@cchub/kit";
import { useState } from "react";
import { useApp } from "../app";
import { useStore } from "../stores/store";

export function AddFolderDialog() {
  const app = useApp();
  const open = useStore(app.overlay, (overlay) => overlay === "add");
  return open ? <AddFolderForm close={() => app.overlay.set("none")} /> : null;
}

/** The path in what a user typed or pasted. */
export function cleanPath(text: string): string {
  const trimmed = text.trim();
  const quoted = /^(["'])(.*)\1$/.exec(trimmed);
  return quoted?.[2] ?? trimmed;
}

function AddFolderForm({ close }: { close: () => void }) {
  const app = useApp();
  const [text, setText] = useState("");
  const path = cleanPath(text);
  const add = () => {
    if (path === "") return;
    close();
    void app.addPaths([path]);
  };
  return (
    <Dialog
      open
      onClose={close}
      title="Add a project folder"
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" disabled={path === ""} data-testid="add-path" onClick={add}>
            Add folder
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <TextField
          label="Folder path"
          mono
          data-testid="path-field"
          placeholder="/home/you/projects/shop"
          help={
            <>
              The whole path of a folder on the machine the Hub runs on; a browser cannot choose it for you. In a
              terminal, <code>pwd</code> prints the path of the folder you are in.
            </>
          }
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
