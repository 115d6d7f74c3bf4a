/*
 * The question: what to look for, how to read it, and where to look. A pattern that cannot be read is told at its field.
 */
import { Choice, TextField, classNames } from "@cchub/kit";
import { CaseSensitive, Search as SearchIcon } from "lucide-react";
import type { KeyboardEvent, RefObject } from "react";
import { ApiError } from "../../api/client";
import type { IndexStatus, SearchMode, SearchQuery } from "../../api/search";
import styles from "./SearchForm.module.css";

const MODES: readonly { value: SearchMode; label: string }[] = [
  { value: "words", label: "Words" },
  { value: "exact", label: "Exact" },
  { value: "regex", label: "Regex" },
];

const PLACEHOLDERS: Record<SearchMode, string> = {
  words: "All of these words",
  exact: "Exactly this text",
  regex: "A pattern, e.g. fn \\w+_id",
};

export interface SearchFormProps {
  field: RefObject<HTMLInputElement | null>;
  draft: SearchQuery;
  onChange: (change: Partial<SearchQuery>) => void;
  languages: IndexStatus["languages"];
  error: Error | null;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** The words of a failure that is about this field. */
function about(error: Error | null, code: string): string | undefined {
  return error instanceof ApiError && error.code === code ? error.message : undefined;
}

export function SearchForm({ field, draft, onChange, languages, error, onKeyDown }: SearchFormProps) {
  const known = languages.some((language) => language.name === draft.language);
  return (
    <search className={styles.form}>
      <div className={styles.main}>
        <SearchIcon size={16} aria-hidden="true" className={styles.icon} />
        <TextField
          ref={field}
          type="search"
          className={styles.query ?? ""}
          label="Search in all files"
          hideLabel
          mono={draft.mode !== "words"}
          placeholder={PLACEHOLDERS[draft.mode]}
          value={draft.q}
          maxLength={500}
          error={about(error, "search_pattern_invalid")}
          onChange={(event) => onChange({ q: event.target.value })}
          onKeyDown={onKeyDown}
          data-testid="search-query"
        />
      </div>
      <div className={styles.options}>
        <Choice label="Read as" hideLabel value={draft.mode} options={MODES} onChange={(mode) => onChange({ mode })} />
        <button
          type="button"
          className={classNames(styles.toggle)}
          aria-pressed={draft.matchCase}
          title="Upper and lower case differ"
          onClick={() => onChange({ matchCase: !draft.matchCase })}
        >
          <CaseSensitive size={18} aria-hidden="true" />
          <span className="visually-hidden">Match case</span>
        </button>
        <TextField
          className={styles.path ?? ""}
          label="Only in paths that fit"
          hideLabel
          mono
          placeholder="Paths: src/**/*.ts"
          value={draft.path}
          maxLength={300}
          error={about(error, "search_path_invalid")}
          onChange={(event) => onChange({ path: event.target.value })}
          onKeyDown={onKeyDown}
          data-testid="search-path"
        />
        <select
          aria-label="Only in a language"
          className={styles.select}
          value={draft.language}
          onChange={(event) => onChange({ language: event.target.value })}
          data-testid="search-language"
        >
          <option value="">All languages</option>
          {draft.language !== "" && !known ? <option value={draft.language}>{draft.language}</option> : null}
          {languages.map((language) => (
            <option key={language.name} value={language.name}>
              {language.name} ({language.files.toLocaleString("en")})
            </option>
          ))}
        </select>
      </div>
    </search>
  );
}
