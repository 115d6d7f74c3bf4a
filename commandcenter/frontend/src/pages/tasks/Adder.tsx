/*
 * Adds tasks by their titles alone, one after the other: Enter adds and stays open, Esc closes.
 */
import { Button } from "@cchub/kit";
import { Plus } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";
import { COLUMN_WORDS, type Column } from "../../models/board";
import styles from "./Board.module.css";

interface AdderProps {
  open: boolean;
  column: Column;
  onOpen: () => void;
  onClose: () => void;
  /** Fails when the task was not added. */
  onAdd: (title: string) => Promise<unknown>;
}

/** The longest title that the backend takes. */
export const TITLE_MAX = 300;

export function Adder({ open, column, onOpen, onClose, onAdd }: AdderProps) {
  const [title, setTitle] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // Before the next key can arrive: it is already part of a title.
  useLayoutEffect(() => {
    if (open) field.current?.focus();
  }, [open]);
  const add = async (added: string) => {
    setTitle("");
    try {
      await onAdd(added);
    } catch {
      // The board has told why; what is typed by now is not written over.
      setTitle((typed) => (typed === "" ? added : typed));
    }
  };
  if (!open) {
    return (
      <Button
        variant="quiet"
        size="small"
        icon={<Plus />}
        className={styles.add}
        aria-label={`Add a task to ${COLUMN_WORDS[column].toLowerCase()}`}
        onClick={onOpen}
      >
        Add a task
      </Button>
    );
  }
  return (
    <form
      className={styles.adder}
      onSubmit={(event) => {
        event.preventDefault();
        if (title.trim() !== "") void add(title.trim());
      }}
    >
      <input
        ref={field}
        aria-label={`Title of a new task in ${COLUMN_WORDS[column].toLowerCase()}`}
        placeholder="Title, then Enter"
        value={title}
        maxLength={TITLE_MAX}
        autoComplete="off"
        data-testid="task-title-new"
        onChange={(event) => setTitle(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onClose();
        }}
        onBlur={() => (title.trim() === "" ? onClose() : undefined)}
      />
    </form>
  );
}
