/*
 * How code looks: the page's tokens, so that light and dark follow them by themselves.
 */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const highlight = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.controlKeyword, tags.self],
    color: "var(--code-keyword)",
  },
  { tag: [tags.string, tags.special(tags.string), tags.character, tags.regexp], color: "var(--code-string)" },
  {
    tag: [tags.number, tags.bool, tags.null, tags.atom, tags.escape, tags.unit, tags.color],
    color: "var(--code-number)",
  },
  { tag: [tags.comment, tags.docComment, tags.meta, tags.processingInstruction], color: "var(--code-comment)" },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.macroName, tags.labelName],
    color: "var(--code-function)",
  },
  { tag: [tags.typeName, tags.className, tags.namespace, tags.standard(tags.name)], color: "var(--code-type)" },
  { tag: [tags.propertyName, tags.attributeName], color: "var(--code-property)" },
  { tag: [tags.tagName, tags.annotation], color: "var(--code-tag)" },
  { tag: tags.heading, color: "var(--code-function)", fontWeight: "600" },
  { tag: tags.strong, fontWeight: "600" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: [tags.link, tags.url], color: "var(--code-function)" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: tags.invalid, color: "var(--danger)" },
]);

const view = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "var(--size-s)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-content:focus-visible": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "var(--code-row)", overflow: "auto" },
  ".cm-content": { padding: "var(--s2) 0", caretColor: "var(--accent)" },
  ".cm-line": { padding: "0 var(--s3)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 26%, transparent) !important",
  },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--text-faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 var(--s1) 0 var(--s3)", minWidth: "4ch", cursor: "pointer" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--code-line)" },
  "&.cm-focused .cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  ".cm-marked-line, &.cm-focused .cm-marked-line": {
    backgroundColor: "var(--code-marked)",
    boxShadow: "inset 2px 0 var(--accent)",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "color-mix(in srgb, var(--accent) 22%, transparent)",
  },
  ".cm-searchMatch": { backgroundColor: "var(--mark)", borderRadius: "2px" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--mark-current)" },
  ".cm-foldPlaceholder": {
    border: "1px solid var(--line-strong)",
    backgroundColor: "var(--surface-sunken)",
    color: "var(--text-muted)",
  },
  ".cm-panels": { backgroundColor: "var(--surface-sunken)", color: "var(--text)", border: "none" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "var(--s2)", fontFamily: "var(--font)" },
  ".cm-textfield": {
    height: "26px",
    padding: "0 var(--s2)",
    border: "1px solid var(--line-control)",
    borderRadius: "var(--radius-s)",
    backgroundColor: "var(--surface)",
    fontSize: "var(--size-s)",
  },
  ".cm-button": {
    height: "26px",
    padding: "0 var(--s2)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius-s)",
    backgroundImage: "none",
    backgroundColor: "var(--surface)",
    fontSize: "var(--size-s)",
  },
  ".cm-panel.cm-search label": { fontSize: "var(--size-s)" },
  ".cm-panel.cm-search [name=close]": { color: "var(--text-muted)", fontSize: "var(--size-l)" },
  ".cm-tooltip": { border: "1px solid var(--line-strong)", backgroundColor: "var(--surface)" },
  // Merging: what is on the disk stands in red above what stands here in green.
  ".cm-deletedChunk": { backgroundColor: "var(--removed-soft)" },
  ".cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--added-soft) !important" },
  ".cm-collapsedLines": {
    padding: "2px var(--s3)",
    background: "var(--surface-sunken)",
    color: "var(--text-muted)",
    fontFamily: "var(--font)",
  },
  ".cm-collapsedLines::before, .cm-collapsedLines::after": { content: "'…'" },
  ".cm-changedText": { background: "var(--added-strong) !important" },
  ".cm-deletedChunk .cm-deletedText": { background: "var(--removed-strong) !important" },
  ".cm-chunkButtons button": {
    margin: "0 2px",
    padding: "1px 6px",
    border: "1px solid var(--line-strong) !important",
    borderRadius: "var(--radius-s)",
    backgroundColor: "var(--surface) !important",
    color: "var(--text) !important",
    fontFamily: "var(--font)",
    fontSize: "var(--size-xs)",
  },
});

export const codeTheme = [view, syntaxHighlighting(highlight)];
