/*
 * The colour of a language, always beside its name. The hues are those people know from code hosting; lightness is
 * ours, so that marks stay visible in both themes.
 */
import styles from "./LanguageMark.module.css";

/** Hue and chroma (per cent) by language, in lower case. */
const COLOURS: Readonly<Record<string, readonly [hue: number, chroma: number]>> = {
  c: [250, 20],
  "c++": [350, 70],
  "c#": [140, 60],
  css: [300, 50],
  dart: [190, 75],
  dockerfile: [215, 40],
  elixir: [310, 40],
  go: [200, 80],
  haskell: [290, 30],
  html: [35, 85],
  java: [60, 70],
  javascript: [95, 85],
  json: [80, 35],
  jsx: [95, 85],
  kotlin: [305, 75],
  lua: [270, 70],
  makefile: [145, 45],
  markdown: [250, 18],
  php: [280, 45],
  python: [165, 60],
  ruby: [20, 75],
  rust: [50, 60],
  scala: [15, 70],
  scss: [355, 60],
  shell: [130, 60],
  sql: [65, 60],
  svelte: [30, 85],
  swift: [40, 85],
  toml: [45, 45],
  tsx: [255, 65],
  typescript: [255, 65],
  vue: [155, 60],
  yaml: [20, 55],
};

/** A CSS colour for a language; grey for one without its own. */
export function languageColour(language: string | null): string {
  const [hue, chroma] = COLOURS[language?.toLowerCase() ?? ""] ?? [250, 4];
  return `oklch(0.65 ${(0.0018 * chroma).toFixed(4)} ${hue})`;
}

export function LanguageMark({ language }: { language: string | null }) {
  return (
    <i
      className={styles.mark}
      style={{ background: languageColour(language) }}
      aria-hidden="true"
      data-language={language}
    />
  );
}
