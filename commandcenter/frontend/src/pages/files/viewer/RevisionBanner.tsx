/*
 * Says that an older revision is shown, and leads back to the file as it is now.
 */
import type { Api } from "../../../api/client";
import { Banner } from "../../../parts/Banner";
import { useNow } from "../../../parts/useNow";
import { ago } from "../../../words";
import { placeHref } from "../place";
import { useHistory } from "./useHistory";

export function RevisionBanner({ api, id, rev }: { api: Api; id: string; rev: string }) {
  const now = useNow();
  const { commits } = useHistory(api, id);
  const commit = commits.find((one) => one.sha === rev);
  return (
    <Banner
      actions={
        <>
          <a href={placeHref(id, { view: "history", commit: rev })}>What it changed</a>
          <a href={placeHref(id, { view: "text" })}>The file as it is now</a>
        </>
      }
      data-testid="revision"
    >
      As of commit <code>{commit?.short ?? rev.slice(0, 8)}</code>
      {commit ? `, ${commit.subject} (${commit.author}, ${ago(commit.at, now)})` : ""}
    </Banner>
  );
}
