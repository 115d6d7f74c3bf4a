/*
 * A field over the page and the options below it: type, choose with the arrow keys, run with Enter. Who uses it decides
 * what is found for the query, here or elsewhere. The query is emptied when it closes. Enter runs only what was found for
 * the words that are typed: while that is on its way, it waits.
 */
import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";
import styles from "./Finder.module.css";
import { classNames } from "./classNames";

export interface FinderOption {
  id: string;
  icon?: ReactNode;
  content: ReactNode;
  run: () => void;
}

export interface FinderProps {
  open: boolean;
  onClose: () => void;
  /** What is looked for, e.g. "Commands". */
  label: string;
  placeholder: string;
  query: string;
  onQuery: (query: string) => void;
  options: readonly FinderOption[];
  /** What is found for this query is on its way; the options are those of an older one. */
  pending?: boolean;
  /** Said where there is no option. */
  empty: ReactNode;
  "data-testid"?: string;
}

export function Finder(props: FinderProps) {
  const { open, onClose, label, onQuery } = props;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!open) onQuery("");
  }, [open, onQuery]);
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={styles.backdrop} />
        <BaseDialog.Popup
          className={styles.popup}
          aria-label={label}
          data-testid={props["data-testid"]}
          initialFocus={() => {
            // The dialog itself moves the focus a frame later: what is typed until then would be lost.
            input.current?.focus();
            return input.current;
          }}
        >
          <FinderBody {...props} input={input} />
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

function FinderBody({
  open,
  onClose,
  label,
  placeholder,
  query,
  onQuery,
  options,
  pending = false,
  empty,
  input,
}: FinderProps & { input: RefObject<HTMLInputElement | null> }) {
  const [chosen, setChosen] = useState(0);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const active = Math.min(chosen, options.length - 1);
  /** Enter was pressed before the options were there. */
  const awaited = useRef(false);

  const choose = (index: number) => {
    awaited.current = false;
    setChosen(index);
    list.current?.children[index]?.scrollIntoView({ block: "nearest" });
  };
  const run = (option: FinderOption | undefined) => {
    if (!option) return;
    onClose();
    option.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") choose((active + 1) % Math.max(1, options.length));
    else if (event.key === "ArrowUp") choose((active - 1 + options.length) % Math.max(1, options.length));
    else if (event.key !== "Enter") return;
    else if (pending) awaited.current = true;
    else run(options[active]);
    event.preventDefault();
  };
  useLayoutEffect(() => {
    if (!awaited.current || (open && pending)) return;
    awaited.current = false;
    if (open) run(options[active]);
  });

  return (
    <>
      <input
        ref={input}
        className={styles.input}
        role="combobox"
        aria-label={`Search ${label.toLowerCase()}`}
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={options[active] ? `${listId}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        value={query}
        onChange={(event) => {
          awaited.current = false;
          onQuery(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={list} id={listId} role="listbox" aria-label={label} className={styles.list}>
        {options.map((option, index) => (
          // The combobox input keeps the focus and handles the keys for its options.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={option.id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className={classNames(styles.option, index === active && styles.active)}
            onMouseMove={() => setChosen(index)}
            onClick={() => run(option)}
          >
            <span className={styles.icon}>{option.icon}</span>
            {option.content}
          </div>
        ))}
      </div>
      {options.length === 0 ? <p className={styles.none}>{empty}</p> : null}
    </>
  );
}
