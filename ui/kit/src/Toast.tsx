/*
 * Short notices at the window's lower edge, spoken politely. For what happened elsewhere or just now; a failure that
 * needs a decision belongs on its page, not in a toast.
 */
import { Toast as BaseToast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { IconButton } from "./Button";
import { StateMark, type StateName } from "./StateMark";
import styles from "./Toast.module.css";

export interface ToastOptions {
  title: string;
  description?: string;
  /** Shows the mark of a state beside the title. */
  tone?: StateName;
  action?: { label: string; onPress: () => void };
}

const toasts = BaseToast.createToastManager();

/** Shows a notice; callable from anywhere, also outside components. A failure stays twice as long. */
export function toast({ title, description, tone, action }: ToastOptions): void {
  toasts.add({
    title,
    description,
    type: tone ?? "plain",
    timeout: tone === "failed" || action ? 10_000 : 5_000,
    ...(action ? { actionProps: { children: action.label, onClick: action.onPress } } : {}),
  });
}

export function Toasts() {
  return (
    <BaseToast.Provider toastManager={toasts} limit={3}>
      <BaseToast.Portal>
        <BaseToast.Viewport className={styles.viewport}>
          <ToastList />
        </BaseToast.Viewport>
      </BaseToast.Portal>
    </BaseToast.Provider>
  );
}

function ToastList() {
  const { toasts: shown } = BaseToast.useToastManager();
  return shown.map((item) => (
    <BaseToast.Root key={item.id} toast={item} className={styles.toast} data-testid="toast">
      <BaseToast.Content className={styles.content}>
        {item.type && item.type !== "plain" ? <StateMark state={item.type as StateName} bare /> : null}
        <div className={styles.words}>
          <BaseToast.Title className={styles.title} render={<div />} />
          <BaseToast.Description className={styles.description} render={<div />} />
        </div>
        {item.actionProps ? <BaseToast.Action className={styles.action} /> : null}
        <BaseToast.Close render={<IconButton label="Dismiss" size="small" icon={<X />} />} />
      </BaseToast.Content>
    </BaseToast.Root>
  ));
}
