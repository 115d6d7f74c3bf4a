/*
 * The row above a list in which it is filtered: a field, and chips of which each is on or off.
 */
import { TextField, classNames, type TextFieldProps } from "@cchub/kit";
import type { ReactNode, Ref } from "react";
import styles from "./Toolbar.module.css";

export function Toolbar({ className, children }: { className?: string | undefined; children: ReactNode }) {
  return <div className={classNames(styles.tools, className)}>{children}</div>;
}

export type FilterFieldProps = Omit<TextFieldProps, "type" | "className" | "hideLabel"> & {
  ref?: Ref<HTMLInputElement>;
};

export function FilterField(props: FilterFieldProps) {
  return <TextField {...props} type="search" hideLabel className={styles.filter ?? ""} />;
}

/** A group of toggle buttons. */
export function Chips({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="group" aria-label={label} className={styles.chips}>
      {children}
    </div>
  );
}
