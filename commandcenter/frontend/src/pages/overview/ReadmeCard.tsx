/*
 * The folder's README, sanitised; a long one is folded.
 */
import { Button, Card } from "@cchub/kit";
import { useLayoutEffect, useRef, useState } from "react";
import type { Readme } from "../../api/overview";
import { FileLink } from "../../parts/FileLink";
import { Markdown } from "../../parts/Markdown";
import styles from "./Overview.module.css";

/** Height of a folded README, in pixels; one that is a little higher is not folded. */
const FOLDED = 520;
const SLACK = 120;

export function ReadmeCard({ readme }: { readme: Readme | null }) {
  const body = useRef<HTMLDivElement>(null);
  const [long, setLong] = useState(false);
  const [whole, setWhole] = useState(false);
  const text = readme?.text;
  useLayoutEffect(() => setLong((body.current?.scrollHeight ?? 0) > FOLDED + SLACK), [text]);
  if (!readme) {
    return (
      <Card title="README">
        <p>This folder has none. What would somebody new need to know first?</p>
      </Card>
    );
  }
  const isMarkdown = /\.(md|markdown|mdown)$/i.test(readme.path);
  const folded = long && !whole;
  return (
    <Card
      title={readme.path}
      actions={
        <FileLink id={readme.id} path={readme.path}>
          Open file
        </FileLink>
      }
      data-testid="readme"
    >
      <div
        ref={body}
        className={styles.readme}
        data-folded={folded || undefined}
        style={folded ? { maxHeight: FOLDED } : undefined}
        // A link inside that is hidden by the fold gets the focus: unfold, so that it is seen.
        onFocus={(event) => (folded && event.target.offsetTop > FOLDED ? setWhole(true) : undefined)}
      >
        {isMarkdown ? <Markdown text={readme.text} folder="" /> : <pre className={styles.plain}>{readme.text}</pre>}
      </div>
      {long ? (
        <Button size="small" className={styles.unfold} aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? "Show less" : "Show all of it"}
        </Button>
      ) : null}
      {readme.truncated ? <p className={styles.quiet}>Shortened: it goes on in the file.</p> : null}
    </Card>
  );
}
