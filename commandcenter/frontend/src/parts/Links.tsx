/*
 * The files and lines that a note or task points at: shown as links, added by a part of the name, taken off again.
 */
import { IconButton, classNames } from "@cchub/kit";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useDeferredValue, useId, useState, type KeyboardEvent } from "react";
import type { SearchApi } from "../api/search";
import type { FileLink as Link } from "../api/tasks";
import { parseTarget } from "../models/target";
import { FileLink } from "./FileLink";
import styles from "./Links.module.css";

export interface LinksProps {
  links: readonly Link[];
  onChange: (links: Link[]) => void;
  search: Pick<SearchApi, "findFiles">;
}

export function Links({ links, onChange, search }: LinksProps) {
  return (
    <div className={styles.links}>
      {links.length > 0 ? (
        <ul className={styles.list} aria-label="Linked files">
          {links.map((link, place) => (
            <li key={`${link.id}:${link.line ?? ""}`}>
              <FileLink id={link.id} path={link.path} line={link.line} />
              <IconButton
                label={`Unlink ${link.path}`}
                size="small"
                icon={<X />}
                onClick={() => onChange(links.filter((_, other) => other !== place))}
              />
            </li>
          ))}
        </ul>
      ) : null}
      <Picker
        search={search}
        onPick={(link) => {
          const known = links.some((one) => one.id === link.id && one.line === link.line);
          if (!known) onChange([...links, link]);
        }}
      />
    </div>
  );
}

function Picker({ search, onPick }: { search: LinksProps["search"]; onPick: (link: Link) => void }) {
  const listId = useId();
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const { name, line } = parseTarget(useDeferredValue(typed));
  const found = useQuery({
    queryKey: ["search-files", name],
    queryFn: ({ signal }) => search.findFiles(name, { signal }),
    enabled: name !== "",
  });
  const files = name === "" ? [] : (found.data?.files.slice(0, 8) ?? []);
  const pick = (at: number) => {
    const file = files[at];
    if (!file) return;
    onPick({ id: file.id, path: file.path, line });
    setTyped("");
    setChosen(0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setChosen(Math.min(chosen + 1, files.length - 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(chosen - 1, 0));
    else if (event.key === "Enter") pick(chosen);
    else if (event.key === "Escape" && typed !== "") setTyped("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={styles.picker}>
      <input
        role="combobox"
        aria-label="Link a file"
        aria-expanded={files.length > 0}
        aria-controls={listId}
        aria-activedescendant={files[chosen] ? `${listId}-${chosen}` : undefined}
        placeholder="Link a file: part of its name, or name:line"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        data-testid="link-picker"
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={listId} role="listbox" aria-label="Files" className={styles.found} hidden={files.length === 0}>
        {files.map((file, at) => (
          // The combobox input keeps the focus and handles the keys for its options.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={file.id}
            id={`${listId}-${at}`}
            role="option"
            aria-selected={at === chosen}
            className={classNames(at === chosen && styles.chosen)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => pick(at)}
          >
            {file.path}
            {line === null ? null : <span>:{line}</span>}
          </li>
        ))}
      </ul>
      {found.isError && name !== "" ? (
        <p role="status" className={styles.word}>
          Files cannot be looked up right now: {found.error.message}
        </p>
      ) : null}
      {found.isSuccess && name !== "" && files.length === 0 ? (
        <p role="status" className={styles.word}>
          No file has this in its name.
        </p>
      ) : null}
    </div>
  );
}
