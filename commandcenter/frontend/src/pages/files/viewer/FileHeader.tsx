/*
 * A file's heading: where it lies, what of it is shown, and the small tools for that.
 */
import { Button, IconButton, PathText, classNames } from "@cchub/kit";
import { ArrowLeft, MessageSquarePlus, WrapText } from "lucide-react";
import { useSyncExternalStore } from "react";
import type { FileContent } from "../../../api/files";
import { LanguageMark } from "../../../parts/LanguageMark";
import { useCommandRegistry, useCommands } from "../../../shell/commands";
import type { PreferenceStore } from "../../../shell/preferences";
import { hrefTo } from "../../../shell/router";
import { placeHref, type FilePlace, type FileView } from "../place";
import styles from "./FileHeader.module.css";

export interface FileHeaderProps {
  file: FileContent;
  views: readonly FileView[];
  view: FileView;
  place: FilePlace;
  unsaved: boolean;
  preferences: PreferenceStore;
}

const TITLES: Record<FileView, string> = { text: "Text", preview: "Preview", history: "History" };

export function FileHeader({ file, views, view, place, unsaved, preferences }: FileHeaderProps) {
  const { wrapLines } = useSyncExternalStore(preferences.subscribe, preferences.get);
  const registry = useCommandRegistry();
  const wrap = () => preferences.change({ wrapLines: !wrapLines });
  useCommands([{ id: "wrap", title: "Break long lines", group: "File", keys: "w", run: wrap }]);
  return (
    <header className={styles.header}>
      <a href={hrefTo("files")} className={styles.back} aria-label="Back to the tree">
        <ArrowLeft size={16} aria-hidden="true" />
      </a>
      <LanguageMark language={file.language} />
      <h2 className={styles.path}>
        <PathText path={file.path} />
      </h2>
      {unsaved ? (
        <>
          <span className={styles.unsaved} data-testid="unsaved">
            ● unsaved
          </span>
          <Button size="small" variant="quiet" onClick={() => registry.run("discard")} data-testid="discard">
            Discard
          </Button>
          <Button size="small" variant="primary" onClick={() => registry.run("save")} data-testid="save">
            Save
          </Button>
        </>
      ) : null}
      <IconButton
        label="Note or task about this place"
        shortcut="m"
        size="small"
        icon={<MessageSquarePlus />}
        onClick={() => registry.run("about place")}
        data-testid="about-place"
      />
      {view === "text" ? (
        <IconButton
          label="Break long lines"
          shortcut="w"
          size="small"
          icon={<WrapText />}
          aria-pressed={wrapLines}
          className={classNames(styles.wrap, wrapLines && styles.on)}
          onClick={wrap}
        />
      ) : null}
      <nav aria-label="Views of the file" className={styles.views}>
        {views.map((each) => (
          <a
            key={each}
            href={placeHref(place.id, { view: each, rev: place.rev, was: place.was })}
            aria-current={each === view ? "true" : undefined}
            data-testid={`view-${each}`}
          >
            {TITLES[each]}
          </a>
        ))}
      </nav>
    </header>
  );
}
