/*
 * A text in Markdown: written in one view, looked at in the other, or both side by side where there is room.
 */
import { useId, useState } from "react";
import { Markdown } from "./Markdown";
import styles from "./MarkdownField.module.css";

export interface MarkdownFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** The longest text that the backend takes. */
  maxLength: number;
  rows?: number;
  /** Begins with the finished text. */
  preview?: boolean;
  /** Grows with the place there is. */
  fill?: boolean;
  "data-testid"?: string;
}

const VIEWS = ["write", "both", "preview"] as const;
type View = (typeof VIEWS)[number];
const VIEW_WORDS: Readonly<Record<View, string>> = { write: "Write", both: "Both", preview: "Preview" };

/** Two columns of text stay readable from this width on; the styles know it too. */
const isWide = () => typeof window.matchMedia === "function" && window.matchMedia("(min-width: 1200px)").matches;

export function MarkdownField({
  label,
  value,
  onChange,
  maxLength,
  rows = 10,
  preview = false,
  fill,
  ...rest
}: MarkdownFieldProps) {
  const id = useId();
  const [shown, setShown] = useState<View>(() => (preview ? "preview" : fill && isWide() ? "both" : "write"));
  return (
    <div className={styles.field} data-fill={fill || undefined}>
      <div className={styles.head}>
        <label htmlFor={id}>{label}</label>
        <div role="group" aria-label="View of the text" className={styles.views}>
          {VIEWS.filter((view) => fill || view !== "both").map((view) => (
            <button
              key={view}
              type="button"
              aria-pressed={shown === view}
              data-view={view}
              onClick={() => setShown(view)}
              data-testid={`show-${view}`}
            >
              {VIEW_WORDS[view]}
            </button>
          ))}
        </div>
      </div>
      <div className={styles.panes} data-shown={shown}>
        <textarea
          {...rest}
          id={id}
          className={styles.text}
          hidden={shown === "preview"}
          value={value}
          rows={rows}
          maxLength={maxLength}
          onChange={(event) => onChange(event.target.value)}
        />
        {shown === "write" ? null : (
          // A scrolled area has to be reachable by the keyboard.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          <div className={styles.preview} tabIndex={0} role="region" aria-label="Preview" data-testid="preview">
            {value.trim() ? <Markdown text={value} /> : <p className={styles.nothing}>Nothing is written here yet.</p>}
          </div>
        )}
      </div>
    </div>
  );
}
