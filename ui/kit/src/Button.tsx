/*
 * Buttons. `primary` is for the one main action of a screen, `danger` for what cannot be taken back.
 * A busy button keeps its width and place, stays focusable and ignores presses.
 */
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import styles from "./Button.module.css";
import { classNames } from "./classNames";
import { Tip } from "./Tip";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: "primary" | "secondary" | "quiet" | "danger";
  size?: "small" | "medium" | "large";
  icon?: ReactNode;
  /** Work is under way: announced to assistive technology, presses are ignored. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  variant = "secondary",
  size = "medium",
  icon,
  busy = false,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classNames(styles.button, styles[variant], styles[size], busy && styles.busy, className)}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {icon}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "icon" | "children" | "aria-label"> {
  /** What the button does, in words: its accessible name and its tooltip. */
  label: string;
  /** Key that does the same, shown in the tooltip. */
  shortcut?: string;
  icon: ReactNode;
}

export function IconButton({ label, shortcut, icon, className, variant = "quiet", ...rest }: IconButtonProps) {
  return (
    <Tip text={label} shortcut={shortcut}>
      <Button {...rest} variant={variant} aria-label={label} className={classNames(styles.iconOnly, className)}>
        {icon}
      </Button>
    </Tip>
  );
}
