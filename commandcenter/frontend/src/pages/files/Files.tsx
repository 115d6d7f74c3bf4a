/*
 * The folder's files: the tree beside the file that is shown. On a narrow screen one of them at a time.
 */
import { Button, IconButton, classNames } from "@cchub/kit";
import { ChevronsDownUp, Eye, EyeOff, FilePlus, FileSearch, FileText } from "lucide-react";
import { useState, useSyncExternalStore } from "react";
import type { FileEntry } from "../../api/files";
import { useUnsaved } from "../../drafts";
import { EmptyState } from "../../parts/EmptyState";
import { fileHref } from "../../parts/FileLink";
import { PageFrame } from "../../parts/Page";
import { Splitter } from "../../parts/Splitter";
import { useCommandRegistry, useCommands } from "../../shell/commands";
import type { PageProps } from "../../shell/pages";
import { useRouter } from "../../shell/router";
import styles from "./Files.module.css";
import { NewFileDialog } from "./NewFileDialog";
import { placeOf } from "./place";
import { FileTree } from "./tree/FileTree";
import { useTree } from "./tree/useTree";
import { Viewer } from "./viewer/Viewer";

export function Files({ api, preferences, route }: PageProps) {
  const router = useRouter();
  const registry = useCommandRegistry();
  const place = placeOf(route);
  const { showIgnored, treeWidth } = useSyncExternalStore(preferences.subscribe, preferences.get);
  const tree = useTree(api, place?.id ?? null, showIgnored);
  const unsaved = useUnsaved();
  const [creating, setCreating] = useState(false);
  const toggleIgnored = () => preferences.change({ showIgnored: !showIgnored });
  const ignoredWords = showIgnored ? "Hide ignored files" : "Show ignored files";
  const focusTree = () => document.querySelector<HTMLElement>("[data-testid=file-tree]")?.focus();
  useCommands([
    { id: "new file", title: "New file", group: "Files", icon: <FilePlus />, keys: "n", run: () => setCreating(true) },
    { id: "ignored", title: ignoredWords, group: "Files", icon: <Eye />, keys: "i", run: toggleIgnored },
    { id: "tree", title: "To the file tree", group: "Files", keys: "t", run: focusTree },
    { id: "fold", title: "Fold all folders", group: "Files", icon: <ChevronsDownUp />, run: tree.collapseAll },
  ]);
  return (
    <PageFrame title="Files" fill hideTitle>
      <div className={classNames(styles.panes, place && styles.hasFile)}>
        <section className={styles.tree} aria-label="Folder" style={{ width: treeWidth }}>
          <header className={styles.bar}>
            <h2 className={styles.title}>Files</h2>
            <IconButton
              label="New file"
              shortcut="n"
              size="small"
              icon={<FilePlus />}
              onClick={() => setCreating(true)}
            />
            <IconButton
              label={ignoredWords}
              shortcut="i"
              size="small"
              icon={showIgnored ? <EyeOff /> : <Eye />}
              onClick={toggleIgnored}
              data-testid="show-ignored"
            />
            <IconButton label="Fold all folders" size="small" icon={<ChevronsDownUp />} onClick={tree.collapseAll} />
          </header>
          <FileTree
            tree={tree}
            shown={place?.id ?? null}
            unsaved={unsaved}
            onOpen={(entry: FileEntry) => router.go(fileHref(entry.id))}
          />
        </section>
        <Splitter
          label="Width of the tree"
          value={treeWidth}
          least={160}
          most={640}
          onChange={(width) => preferences.change({ treeWidth: width })}
        />
        <section className={styles.viewer} aria-label="File">
          {place ? (
            <Viewer key={place.id} api={api} place={place} preferences={preferences} />
          ) : (
            <EmptyState
              icon={FileText}
              title="Choose a file"
              action={
                <Button icon={<FileSearch />} onClick={() => registry.run("find file")}>
                  Open a file by its name
                </Button>
              }
            >
              The tree is used with the arrow keys; typing letters goes to a name.
            </EmptyState>
          )}
        </section>
      </div>
      <NewFileDialog api={api} open={creating} onClose={() => setCreating(false)} near={place?.id ?? null} />
    </PageFrame>
  );
}
