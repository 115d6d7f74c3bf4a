/*
 * What the search came to, in how long, and how complete the index is that answered.
 */
import { Search as SearchIcon } from "lucide-react";
import type { IndexStatus, SearchResult } from "../../api/search";
import { EmptyState } from "../../parts/EmptyState";
import { count, indexWords, percent, skippedWords } from "../../words";
import styles from "./Summary.module.css";
import type { SearchState } from "./useSearch";

export function Summary({ search, status }: { search: SearchState; status: IndexStatus | undefined }) {
  const { result, asking, error } = search;
  const words = status ? indexWords(status) : null;
  const skipped = status ? skippedWords(status.skipped) : "";
  return (
    <div className={styles.summary}>
      <p role="status" data-testid="search-count">
        {asking && result && error === null ? (
          <>
            {found(result)}{" "}
            <span className={styles.quiet}>
              in {milliseconds(result.took_ms)}
              {result.unfinished && !search.pending ? `, ${unfinished(search)}` : ""}
            </span>
          </>
        ) : null}
      </p>
      {status && words ? (
        <p className={styles.index} data-state={status.state} data-testid="index-state">
          {words.busy && status.total > 0 ? (
            <progress value={percent(status.done, status.total)} max={100} aria-label="Index" />
          ) : null}
          <span>{words.long}</span>
          {skipped ? <span className={styles.skipped}>not searched: {skipped}</span> : null}
        </p>
      ) : null}
    </div>
  );
}

function found({ total, total_is_exact: exact, unfinished: more }: SearchResult): string {
  if (total === 0 && more) return "nothing yet";
  return `${exact ? "" : "at least "}${count(total, "file")}`;
}

/** What is missing in an answer that is not whole. */
function unfinished({ finding, result }: SearchState): string {
  if (finding) return "looking further…";
  const { looked_into: seen = 0, candidates = 0 } = result ?? {};
  return candidates > seen
    ? `not whole: ${seen.toLocaleString("en")} of ${count(candidates, "file")} that may have it were looked into`
    : "not whole: lines of some files were left out";
}

function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value).toLocaleString("en")} ms`;
}

/** What stands there before anything is asked. */
export function Beginning({ status }: { status: IndexStatus | undefined }) {
  return (
    <EmptyState icon={SearchIcon} title="Search in everything the folder has">
      {status && status.files > 0 ? `${count(status.files, "file")} can be searched. ` : ""}
      Words finds files that have all of them; Exact and Regex look at every line. A path alone lists files.
    </EmptyState>
  );
}
