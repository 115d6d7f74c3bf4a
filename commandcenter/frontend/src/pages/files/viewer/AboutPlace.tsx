/*
 * A note or task about a place in a file: asked for its title, linked to the file and the line, and then opened.
 */
import { Button, Choice, Dialog, TextField } from "@cchub/kit";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Api } from "../../../api/client";
import type { FileContent } from "../../../api/files";
import { Trouble } from "../../../parts/Trouble";
import { hrefTo, useRouter } from "../../../shell/router";

const KINDS = [
  { value: "task", label: "Task" },
  { value: "note", label: "Note" },
] as const;
type Kind = (typeof KINDS)[number]["value"];
/** The longest title that the backend takes. */
const TITLE_MAX = 300;

export interface AboutPlaceProps {
  api: Pick<Api, "notes" | "tasks">;
  file: Pick<FileContent, "id" | "path">;
  line: number | null;
  open: boolean;
  onClose: () => void;
}

export function AboutPlace({ api, file, line, open, onClose }: AboutPlaceProps) {
  const queries = useQueryClient();
  const router = useRouter();
  const [kind, setKind] = useState<Kind>("task");
  const [title, setTitle] = useState("");
  const add = useMutation({
    mutationFn: async () => {
      const links = [{ id: file.id, path: file.path, line }];
      const made =
        kind === "task"
          ? await api.tasks.create({ title: title.trim(), column: "todo", links })
          : await api.notes.create({ title: title.trim(), body: "", pinned: false, links });
      return hrefTo(kind === "task" ? "tasks" : "notes", made.id);
    },
    onSuccess: (href) => {
      // What was listed before does not have it: the page asks anew.
      for (const topic of ["tasks", "notes", "links"]) queries.removeQueries({ queryKey: [topic], type: "inactive" });
      setTitle("");
      onClose();
      router.go(href);
    },
  });
  const send = () => (title.trim() === "" || add.isPending ? undefined : add.mutate());
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Note or task about this place"
      description={
        <p>
          It points at <code>{line === null ? file.path : `${file.path}:${line}`}</code>.
        </p>
      }
      footer={
        <Button variant="primary" busy={add.isPending} disabled={title.trim() === ""} onClick={send}>
          Add
        </Button>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <TextField
          label="Title"
          value={title}
          maxLength={TITLE_MAX}
          onChange={(event) => setTitle(event.target.value)}
          data-testid="about-title"
        />
        <Choice label="Kind" value={kind} options={KINDS} onChange={setKind} />
      </form>
      {add.isError ? <Trouble title="It was not added" error={add.error} /> : null}
    </Dialog>
  );
}
