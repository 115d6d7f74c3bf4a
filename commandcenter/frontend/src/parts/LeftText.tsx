/*
 * What was typed in a note or task that is not there any more: shown, and made a new one of.
 */
import { Button } from "@cchub/kit";
import { useMutation } from "@tanstack/react-query";
import { useState, useSyncExternalStore } from "react";
import type { Drafts } from "../models/drafts";
import type { Text } from "../models/typed";
import styles from "./LeftText.module.css";
import { Trouble } from "./Trouble";

export interface LeftTextProps<F extends Text> {
  what: "note" | "task";
  id: string;
  drafts: Drafts<F>;
  /** Stores a new one, of these fields at least. */
  onMake: (fields: Partial<F> & Text) => Promise<unknown>;
}

export function LeftText<F extends Text>({ what, id, drafts, onMake }: LeftTextProps<F>) {
  useState(() => drafts.open(id));
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.read(id));
  const make = useMutation({ mutationFn: onMake, onSuccess: () => drafts.drop(id) });
  const { title, body } = draft?.changes ?? {};
  if (draft === null || title === undefined || body === undefined) return null;
  const text = { ...draft.changes, title: title.trim() || "Untitled", body };
  return (
    <section aria-label="Text that is not saved" className={styles.left} data-testid="left-text">
      <p>What you typed in it is still here:</p>
      <pre>{[title, body].filter(Boolean).join("\n\n")}</pre>
      {make.isError ? <Trouble title="It was not made" error={make.error} /> : null}
      <div className={styles.choices}>
        <Button onClick={() => drafts.drop(id)}>Discard it</Button>
        <Button variant="primary" busy={make.isPending} onClick={() => make.mutate(text)}>
          Make a new {what} of it
        </Button>
      </div>
    </section>
  );
}
