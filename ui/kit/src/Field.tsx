/*
 * Form fields: a label that stays, help below, and the error in its place with the field marked for it.
 */
import { Switch as BaseSwitch } from "@base-ui/react/switch";
import { useId, type InputHTMLAttributes, type ReactNode, type Ref } from "react";
import styles from "./Field.module.css";
import { classNames } from "./classNames";

export interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "size"> {
  label: string;
  help?: ReactNode;
  error?: ReactNode;
  /** Written after the input, e.g. "MB". */
  unit?: string;
  /** Keeps the label for assistive technology alone, where a heading over a column says it already. */
  hideLabel?: boolean;
  mono?: boolean;
  ref?: Ref<HTMLInputElement>;
}

export function TextField({ label, help, error, unit, mono, hideLabel, className, ...rest }: TextFieldProps) {
  const id = useId();
  const note = error ?? help;
  return (
    <div className={classNames(styles.field, className)}>
      <label htmlFor={id} className={hideLabel ? styles.hidden : undefined}>
        {label}
      </label>
      <span className={styles.box}>
        <input
          autoComplete="off"
          spellCheck={false}
          {...rest}
          id={id}
          className={classNames(styles.input, mono && styles.mono)}
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
        />
        {unit ? <span className={styles.unit}>{unit}</span> : null}
      </span>
      {note ? (
        <div id={`${id}-note`} className={error ? styles.error : styles.help} role={error ? "alert" : undefined}>
          {note}
        </div>
      ) : null}
    </div>
  );
}

export interface SwitchProps {
  label: string;
  help?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export function Switch({ label, help, checked, disabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className={styles.switchRow}>
      <div>
        <label htmlFor={id}>{label}</label>
        {help ? (
          <div id={`${id}-help`} className={styles.help}>
            {help}
          </div>
        ) : null}
      </div>
      <BaseSwitch.Root
        id={id}
        checked={checked}
        disabled={disabled ?? false}
        onCheckedChange={(next) => onChange(next)}
        aria-describedby={help ? `${id}-help` : undefined}
        className={styles.switch}
      >
        <BaseSwitch.Thumb className={styles.thumb} />
      </BaseSwitch.Root>
    </div>
  );
}

export interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string; disabled?: boolean }[];
  onChange: (value: T) => void;
  help?: ReactNode;
  /** Keeps the label for assistive technology alone, where the options explain themselves. */
  hideLabel?: boolean;
}

/** One of a few, all visible: radio buttons drawn as a segmented control. */
export function Choice<T extends string>({ label, value, options, onChange, help, hideLabel }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className={styles.field} aria-describedby={help ? `${name}-help` : undefined}>
      <legend className={hideLabel ? styles.hidden : undefined}>{label}</legend>
      <div className={styles.segments}>
        {options.map((option) => (
          <label key={option.value} className={styles.segment}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              disabled={option.disabled}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
      {help ? (
        <div id={`${name}-help`} className={styles.help}>
          {help}
        </div>
      ) : null}
    </fieldset>
  );
}
