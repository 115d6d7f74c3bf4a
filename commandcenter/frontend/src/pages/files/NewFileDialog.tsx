/*
 * Asks where a new file is to lie. Folders on the way to it are made with it.
 */
import { Button, Dialog, TextField } from "@cchub/kit";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import type { Api } from "../../api/client";
import { parentPath } from "../../api/ids";
import { fileHref } from "../../parts/FileLink";
import { useRouter } from "../../shell/router";

export interface NewFileDialogProps {
  api: Api;
  open: boolean;
  onClose: () => void;
  /** Id of the file that is shown: the new one is suggested beside it. */
  near: string | null;
}

export function NewFileDialog({ open, ...rest }: NewFileDialogProps) {
  return (
    <Dialog open={open} onClose={rest.onClose} title="New file">
      <NewFileForm {...rest} />
    </Dialog>
  );
}

function NewFileForm({ api, onClose, near }: Omit<NewFileDialogProps, "open">) {
  const router = useRouter();
  const queries = useQueryClient();
  const [path, setPath] = useState(() => {
    const folder = near === null ? "" : parentPath(near);
    return folder === "" ? "" : `${folder}/`;
  });
  const create = useMutation({
    mutationFn: () => api.files.create(path.trim(), ""),
    onSuccess: (file) => {
      queries.setQueryData(["file", file.id], file);
      void queries.invalidateQueries({ queryKey: ["files"] });
      onClose();
      router.go(fileHref(file.id));
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (path.trim() !== "" && !create.isPending) create.mutate();
  };
  return (
    <form onSubmit={submit} style={{ display: "grid", gap: "var(--s4)" }}>
      <TextField
        label="Path in the folder"
        mono
        placeholder="src/notes.md"
        value={path}
        error={create.error?.message}
        onChange={(event) => {
          setPath(event.target.value);
          create.reset();
        }}
        data-testid="new-file-path"
      />
      <div style={{ display: "flex", justifyContent: "flex-end", gap: "var(--s2)" }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={path.trim() === ""} busy={create.isPending}>
          Create file
        </Button>
      </div>
    </form>
  );
}
