/*
 * One file: its header, and below it what its kind and the address ask for: text, preview, picture, history.
 */
import { Button, toast } from "@cchub/kit";
import { useQuery } from "@tanstack/react-query";
import { Binary, Download, FileX, MessageSquarePlus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { ApiError, type Api } from "../../../api/client";
import type { FileContent } from "../../../api/files";
import { parentPath } from "../../../api/ids";
import { drafts, useDraft } from "../../../drafts";
import { EmptyState } from "../../../parts/EmptyState";
import { Loading } from "../../../parts/Loading";
import { Markdown } from "../../../parts/Markdown";
import { Trouble } from "../../../parts/Trouble";
import { useCommands } from "../../../shell/commands";
import type { PreferenceStore } from "../../../shell/preferences";
import { useRouter } from "../../../shell/router";
import { size } from "../../../words";
import { parseLines } from "../editor/lines";
import { placeHref, type FilePlace, type FileView } from "../place";
import { AboutPlace } from "./AboutPlace";
import { FileHeader } from "./FileHeader";
import { History } from "./History";
import { Picture } from "./Picture";
import { RevisionBanner } from "./RevisionBanner";
import { StatusBar } from "./StatusBar";
import { TextFile } from "./TextFile";
import { isGone } from "./useSaving";
import styles from "./Viewer.module.css";

export interface ViewerProps {
  api: Api;
  place: FilePlace;
  preferences: PreferenceStore;
}

/** What can be shown of a file; the first is shown when the address asks for nothing. */
export function viewsOf(file: Pick<FileContent, "kind" | "language" | "text">): FileView[] {
  if (file.kind === "image") return file.text === null ? ["preview", "history"] : ["preview", "text", "history"];
  if (file.kind !== "text") return ["text", "history"];
  return file.language?.toLowerCase() === "markdown" ? ["preview", "text", "history"] : ["text", "history"];
}

export function Viewer({ api, place, preferences }: ViewerProps) {
  const router = useRouter();
  const { id, rev, was } = place;
  const draft = useDraft(id);
  const [about, setAbout] = useState(false);
  const file = useQuery({
    queryKey: rev === null ? ["file", id] : ["file-at", was ?? id, rev],
    queryFn: ({ signal }) => (rev === null ? api.files.read(id, { signal }) : api.files.at(was ?? id, rev, { signal })),
    retry: (failures, error) => error instanceof ApiError && error.isPassing && failures < 20,
  });
  const views = file.data ? viewsOf(file.data) : [];
  const asked = place.lines !== null || draft ? "text" : views[0];
  const view = place.view !== null && (views.includes(place.view) || place.view === "history") ? place.view : asked;
  const show = (next: FileView) => router.go(placeHref(id, { view: next, rev, was }));
  useCommands([
    { id: "file text", title: "Show the text", group: "File", keys: "e", run: () => show("text") },
    {
      id: "file preview",
      title: "Show the preview",
      group: "File",
      keys: "v",
      disabled: !views.includes("preview"),
      run: () => show("preview"),
    },
    { id: "file history", title: "Show the history", group: "File", keys: "h", run: () => show("history") },
    {
      id: "about place",
      title: "Write a note or task about this place",
      group: "File",
      icon: <MessageSquarePlus />,
      keys: "m",
      disabled: !file.data,
      run: () => setAbout(true),
    },
    { id: "copy link", title: "Copy a link to this place", group: "File", keys: "y", run: () => void copyLink() },
    {
      id: "download",
      title: "Save a copy of the file",
      group: "File",
      icon: <Download />,
      run: () => void download(api, file.data),
    },
  ]);
  if (file.isPending) return <Loading what="the file" lines={8} />;
  if (!file.data) {
    return <Unreadable error={file.error} onRetry={() => void file.refetch()} />;
  }
  return (
    <>
      <FileHeader
        file={file.data}
        views={views}
        view={view ?? "text"}
        place={place}
        unsaved={draft !== undefined}
        preferences={preferences}
      />
      {rev === null ? null : <RevisionBanner api={api} id={id} rev={rev} />}
      <div className={styles.content}>
        {contentOf({ api, place, preferences, view, file: file.data, error: file.error })}
      </div>
      <StatusBar api={api} file={file.data} />
      <AboutPlace
        api={api}
        file={file.data}
        line={parseLines(place.lines)?.from ?? null}
        open={about}
        onClose={() => setAbout(false)}
      />
    </>
  );
}

interface ContentProps extends ViewerProps {
  view: FileView | undefined;
  file: FileContent;
  /** Why the newest version could not be read. */
  error: Error | null;
}

function contentOf({ api, place, preferences, view, file, error }: ContentProps): ReactNode {
  if (view === "history") return <History api={api} id={place.id} path={file.path} commit={place.commit} />;
  if (file.kind === "image" && view === "preview") return <Picture api={api} file={file} />;
  if (file.text === null) return <NoText api={api} file={file} />;
  if (view === "preview") {
    return (
      <div className={styles.preview}>
        <Markdown
          text={drafts.get(place.id)?.text.toString() ?? file.text}
          folder={parentPath(file.id)}
          data-testid="preview"
        />
      </div>
    );
  }
  return (
    <TextFile
      key={place.rev ?? "now"}
      api={api}
      place={place}
      preferences={preferences}
      file={file}
      gone={isGone(error)}
    />
  );
}

function NoText({ api, file }: { api: Api; file: FileContent }) {
  const large = file.kind === "too_large";
  return (
    <EmptyState
      icon={Binary}
      title={large ? `This file is too large to show: ${size(file.size)}` : `This is no text: ${size(file.size)}`}
      action={
        <Button icon={<Download />} onClick={() => void download(api, file)}>
          Save a copy
        </Button>
      }
    >
      {large ? "Texts of at most 2 MiB are shown." : null}
    </EmptyState>
  );
}

function Unreadable({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  if (error instanceof ApiError && error.status === 404) {
    return (
      <EmptyState
        icon={FileX}
        title="This file does not exist any more"
        action={<Button onClick={onRetry}>Look again</Button>}
      >
        It was moved or deleted, or the link is older than the folder.
      </EmptyState>
    );
  }
  return <Trouble title="The file cannot be shown" error={error} onRetry={onRetry} />;
}

async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(window.location.href);
    toast({ title: "Link copied" });
  } catch {
    toast({ title: "The link could not be copied", description: window.location.href, tone: "failed" });
  }
}

/** Hands the bytes to the browser to be kept. */
async function download(api: Api, file: FileContent | undefined): Promise<void> {
  if (!file) return;
  try {
    const address = URL.createObjectURL(await api.files.raw(file.id));
    const link = Object.assign(document.createElement("a"), { href: address, download: file.name });
    link.click();
    URL.revokeObjectURL(address);
  } catch (error) {
    toast({ title: "The copy was not made", description: error instanceof Error ? error.message : "", tone: "failed" });
  }
}
