/*
 * Modal dialogs: focus is kept inside, Esc and the backdrop close, focus returns to where it was.
 * ConfirmDialog is for what cannot be taken back: it names what goes, asks once, and only its own buttons answer it.
 */
import { AlertDialog as BaseAlert } from "@base-ui/react/alert-dialog";
import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Dialog.module.css";
import { classNames } from "./classNames";

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, the main one last. */
  footer?: ReactNode;
  wide?: boolean;
}

export function Dialog({ open, onClose, title, description, children, footer, wide }: DialogProps) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={styles.backdrop} />
        <BaseDialog.Popup className={classNames(styles.popup, wide && styles.wide)}>
          <header className={styles.header}>
            <BaseDialog.Title className={styles.title}>{title}</BaseDialog.Title>
          </header>
          {description ? (
            <BaseDialog.Description className={styles.description} render={<div />}>
              {description}
            </BaseDialog.Description>
          ) : null}
          {children}
          {footer ? <footer className={styles.footer}>{footer}</footer> : null}
          {/* Last in the document, so that the focus begins in the content. */}
          <BaseDialog.Close
            render={<Button variant="quiet" size="small" icon={<X />} aria-label="Close" className={styles.close} />}
          />
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

export interface ConfirmDialogProps {
  open: boolean;
  onCancel: () => void;
  onConfirm: () => void;
  title: string;
  /** What goes and what stays. */
  children: ReactNode;
  confirmLabel: string;
  cancelLabel?: string;
  danger?: boolean;
  busy?: boolean;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onCancel, onConfirm, title, children, confirmLabel, cancelLabel = "Cancel", danger, busy } = props;
  return (
    <BaseAlert.Root open={open} onOpenChange={(next) => (next ? undefined : onCancel())}>
      <BaseAlert.Portal>
        <BaseAlert.Backdrop className={styles.backdrop} />
        <BaseAlert.Popup className={styles.popup}>
          <header className={styles.header}>
            <BaseAlert.Title className={styles.title}>{title}</BaseAlert.Title>
          </header>
          <BaseAlert.Description className={styles.description} render={<div />}>
            {children}
          </BaseAlert.Description>
          <footer className={styles.footer}>
            <Button onClick={onCancel}>{cancelLabel}</Button>
            <Button variant={danger ? "danger" : "primary"} busy={busy ?? false} onClick={onConfirm}>
              {confirmLabel}
            </Button>
          </footer>
        </BaseAlert.Popup>
      </BaseAlert.Portal>
    </BaseAlert.Root>
  );
}
