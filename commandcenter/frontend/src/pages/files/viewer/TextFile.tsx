/*
 * A text, shown and, where that is allowed, edited. What is typed is a draft until it is stored; when the file changed
 * meanwhile, that is said, and nothing is overwritten without the user's word.
 */
import { Button, ConfirmDialog } from "@cchub/kit";
import { Save } from "lucide-react";
import { Suspense, lazy, useState, useSyncExternalStore } from "react";
import type { Api } from "../../../api/client";
import type { FileContent } from "../../../api/files";
import { drafts, useDraft } from "../../../drafts";
import { Banner } from "../../../parts/Banner";
import { Loading } from "../../../parts/Loading";
import { Trouble } from "../../../parts/Trouble";
import { useCommands } from "../../../shell/commands";
import type { PreferenceStore } from "../../../shell/preferences";
import { useRouter } from "../../../shell/router";
import { count } from "../../../words";
import { formatLines } from "../editor/lines";
import { placeHref, type FilePlace } from "../place";
import { ConflictDialog } from "./ConflictDialog";
import { useSaving } from "./useSaving";

const Code = lazy(() => import("../editor/Code"));

export interface TextFileProps {
  api: Api;
  place: FilePlace;
  preferences: PreferenceStore;
  file: FileContent;
  /** It was deleted after it was shown. */
  gone: boolean;
}

export function TextFile({ api, place, preferences, file, gone }: TextFileProps) {
  const router = useRouter();
  const { wrapLines } = useSyncExternalStore(preferences.subscribe, preferences.get);
  const current = useDraft(file.id);
  const editable = place.rev === null && file.writable;
  const draft = editable ? current : undefined;
  const saving = useSaving(api, file);
  const outdated = draft !== undefined && draft.base.version !== file.version && !gone;
  const [undecided, setUndecided] = useState(0);
  const [asking, setAsking] = useState(false);
  // Where nothing was chosen, mine would be kept: that is the user's to say.
  const save = () => (draft?.merging && undecided > 0 ? setAsking(true) : saving.save());
  useCommands([
    {
      id: "save",
      title: "Save the file",
      group: "File",
      icon: <Save />,
      keys: "Mod+S",
      disabled: !editable,
      run: save,
    },
    {
      id: "discard",
      title: "Give up what is not saved",
      group: "File",
      disabled: draft === undefined,
      run: () => drafts.remove(file.id),
    },
  ]);
  return (
    <>
      {gone ? (
        <Banner tone="warning" data-testid="file-gone">
          The file was deleted or moved meanwhile. {draft ? "Saving makes it again." : "This is what it was."}
        </Banner>
      ) : null}
      {outdated ? (
        <Banner
          tone="warning"
          data-testid="file-changed"
          actions={
            <Button size="small" onClick={saving.compare}>
              Compare
            </Button>
          }
        >
          The file changed on disk meanwhile. What you typed is kept and not saved yet.
        </Banner>
      ) : null}
      {draft?.merging ? (
        <Banner data-testid="merging">
          Red lines are on the disk, green ones are yours.{" "}
          {undecided > 0 ? `${count(undecided, "difference")} left to choose.` : "Everything is chosen: save it."}
        </Banner>
      ) : null}
      {saving.failure ? <Trouble title="Not saved" error={saving.failure} /> : null}
      <Suspense fallback={<Loading what="the text" lines={12} />}>
        <Code
          text={file.text ?? ""}
          draft={draft?.text ?? null}
          lines={place.lines}
          label={file.path}
          fileName={file.name}
          readOnly={!editable}
          wrap={wrapLines}
          original={draft?.merging ? (draft.base.text ?? "") : null}
          onChange={saving.typed}
          onUndecided={setUndecided}
          onMark={(lines) => router.replace(placeHref(place.id, { ...place, lines: formatLines(lines) }))}
        />
      </Suspense>
      <ConfirmDialog
        open={asking}
        title={`Save with ${count(undecided, "difference")} not chosen?`}
        confirmLabel="Save with mine"
        danger
        onCancel={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          saving.save();
        }}
      >
        Where nothing is chosen, your lines are saved, and what is on the disk in their place goes.
      </ConfirmDialog>
      <ConflictDialog conflict={saving.conflict} path={file.path} busy={saving.busy} />
    </>
  );
}
