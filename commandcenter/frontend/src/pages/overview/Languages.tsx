/*
 * What the folder is made of: a bar of languages with its legend, the largest files, and what was not counted.
 */
import { Card } from "@cchub/kit";
import type { FolderFiles } from "../../api/overview";
import { FileLink } from "../../parts/FileLink";
import { LanguageMark, languageColour } from "../../parts/LanguageMark";
import { count, size } from "../../words";
import styles from "./Overview.module.css";

/** So many languages have a part of their own; the rest is one. */
const NAMED = 9;

interface Part {
  name: string;
  bytes: number;
  files: number;
  language: string | null;
}

/** The languages in parts of the bar, largest first. */
export function languageParts(languages: FolderFiles["languages"]): Part[] {
  const parts = languages.map(({ language, bytes, files }): Part => ({ name: language, bytes, files, language }));
  if (parts.length <= NAMED + 1) return parts;
  const rest = parts.slice(NAMED);
  const sum = (of: "bytes" | "files") => rest.reduce((total, part) => total + part[of], 0);
  const others: Part = { name: `${rest.length} others`, bytes: sum("bytes"), files: sum("files"), language: null };
  return [...parts.slice(0, NAMED), others];
}

export function Languages({ languages }: Pick<FolderFiles, "languages">) {
  const parts = languageParts(languages);
  const whole = parts.reduce((total, part) => total + part.bytes, 0) || 1;
  if (parts.length === 0) return null;
  return (
    <>
      <div className={styles.strip} aria-hidden="true">
        {parts.map((part) => (
          <span key={part.name} style={{ flexGrow: part.bytes / whole, background: languageColour(part.language) }} />
        ))}
      </div>
      <ul className={styles.languages} aria-label="Languages">
        {parts.map((part) => (
          <li key={part.name} title={`${count(part.files, "file")}, ${size(part.bytes)}`}>
            <LanguageMark language={part.language} />
            <span>{part.name}</span>
            <span className={styles.number}>{((100 * part.bytes) / whole).toFixed(1)} %</span>
          </li>
        ))}
      </ul>
    </>
  );
}

export function Largest({ files: { largest } }: { files: FolderFiles }) {
  if (largest.length === 0) return null;
  return (
    <Card title="Largest files" flush>
      <ul className={styles.rows}>
        {largest.slice(0, 8).map(({ path, id, bytes }) => (
          <li key={id}>
            <FileLink id={id} path={path} />
            <span className={styles.number}>{size(bytes)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function SkippedNote({ files: { skipped, truncated } }: { files: FolderFiles }) {
  const parts = [
    skipped.unreadable_folders > 0 ? count(skipped.unreadable_folders, "unreadable folder") : null,
    skipped.symlinks > 0 ? count(skipped.symlinks, "symbolic link") : null,
    skipped.special > 0 ? count(skipped.special, "special file") : null,
    skipped.vanished > 0 ? `${skipped.vanished} vanished while being read` : null,
  ].filter((part) => part !== null);
  if (parts.length === 0 && !truncated) return null;
  return (
    <p className={styles.quiet}>
      {parts.length > 0 ? `Not counted: ${parts.join(", ")}. ` : ""}
      {truncated ? "The folder has more than is counted here." : ""}
    </p>
  );
}
