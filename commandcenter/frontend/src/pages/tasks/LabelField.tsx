/*
 * Labels of a task: typed and added with Enter or a comma, the known ones offered, taken off with their cross.
 */
import { X } from "lucide-react";
import { useId, useState } from "react";
import styles from "./LabelField.module.css";

interface LabelFieldProps {
  labels: readonly string[];
  /** Labels of all tasks. */
  known: readonly string[];
  onChange: (labels: string[]) => void;
}

/** The longest label that the backend takes. */
const LABEL_MAX = 50;

export function LabelField({ labels, known, onChange }: LabelFieldProps) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const add = (text: string) => {
    const label = text.trim();
    setTyped("");
    if (label !== "" && !labels.includes(label)) onChange([...labels, label]);
  };
  return (
    <div className={styles.field}>
      <label htmlFor={id}>Labels</label>
      <div className={styles.box}>
        {labels.map((label) => (
          <span key={label} className={styles.label}>
            {label}
            <button
              type="button"
              aria-label={`Take off the label ${label}`}
              onClick={() => onChange(labels.filter((one) => one !== label))}
            >
              <X size={12} aria-hidden="true" />
            </button>
          </span>
        ))}
        <input
          id={id}
          list={`${id}-known`}
          value={typed}
          maxLength={LABEL_MAX}
          autoComplete="off"
          placeholder={labels.length === 0 ? "Type, then Enter" : ""}
          data-testid="label-field"
          onChange={(event) => {
            const { value } = event.target;
            if (value.endsWith(",")) add(value.slice(0, -1));
            else setTyped(value);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") add(typed);
            else if (event.key === "Backspace" && typed === "") onChange(labels.slice(0, -1));
            else return;
            event.preventDefault();
          }}
          onBlur={() => add(typed)}
        />
        <datalist id={`${id}-known`}>
          {known.map((label) => (
            <option key={label} value={label} />
          ))}
        </datalist>
      </div>
    </div>
  );
}
