/*
 * A text in Markdown: written in one view, looked at in the other.
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
  const [shown, setShown] = useState<"write" | "preview">(preview ? "preview" : "write");
  return (
    <div className={styles.field} data-fill={fill || undefined}>
      <div className={styles.head}>
        <label htmlFor={id}>{label}</label>
        <div role="group" aria-label="View of the text" className={styles.views}>
          <button type="button" aria-pressed={shown === "write"} onClick={() => setShown("write")}>
            Write
          </button>
          <button
            type="button"
            aria-pressed={shown === "preview"}
            onClick={() => setShown("preview")}
            data-testid="show-preview"
          >
            Preview
          </button>
        </div>
      </div>
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
      {shown === "preview" ? (
        <div className={styles.preview} data-testid="preview">
          {value.trim() ? <Markdown text={value} /> : <p className={styles.nothing}>Nothing is written here yet.</p>}
        </div>
      ) : null}
    </div>
  );
}
