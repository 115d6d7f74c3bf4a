/*
 * The code editor put together from CodeMirror's parts, for reading and for writing. Loaded only when a text is shown.
 */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { LanguageDescription, bracketMatching, foldGutter, foldKeymap, indentOnInput } from "@codemirror/language";
import { languages } from "@codemirror/language-data";
import { getChunks, presentableDiff, unifiedMergeView } from "@codemirror/merge";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension, type Text } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
} from "@codemirror/view";
import type { LineRange } from "./lines";
import { markedLines } from "./markedLines";
import { codeTheme } from "./theme";

export interface EditorEvents {
  onChange: (text: Text) => void;
  onMark: (lines: LineRange) => void;
  /** So many differences of a merge are not chosen yet. */
  onUndecided: (count: number) => void;
}

/** What can change while the editor stands. */
export interface EditorOptions {
  /** Said to assistive technology, e.g. the file's path. */
  label: string;
  /** Chooses the language. */
  fileName: string;
  readOnly: boolean;
  wrap: boolean;
  /** The other version, to be merged with; null when nothing is merged. */
  original: string | null;
}

/** Longer texts are shown without the colours of their language, in characters. */
const COLOURED = 1_000_000;

export class CodeEditor {
  readonly view: EditorView;
  readonly #language = new Compartment();
  readonly #writing = new Compartment();
  readonly #wrapping = new Compartment();
  readonly #merging = new Compartment();
  #options: EditorOptions;

  constructor(parent: HTMLElement, text: string | Text, options: EditorOptions, events: EditorEvents) {
    this.#options = options;
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          // Carriage returns of files with mixed line ends are kept as characters.
          EditorState.lineSeparator.of("\n"),
          base(events),
          this.#writing.of(writing(options)),
          this.#wrapping.of(options.wrap ? EditorView.lineWrapping : []),
          this.#merging.of(merging(options.original)),
          this.#language.of([]),
        ],
      }),
    });
    events.onUndecided(undecided(this.view.state));
    void this.#loadLanguage(options.fileName);
  }

  configure(options: EditorOptions): void {
    const before = this.#options;
    this.#options = options;
    const effects = [];
    if (before.readOnly !== options.readOnly || before.label !== options.label) {
      effects.push(this.#writing.reconfigure(writing(options)));
    }
    if (before.wrap !== options.wrap) {
      effects.push(this.#wrapping.reconfigure(options.wrap ? EditorView.lineWrapping : []));
    }
    if (before.original !== options.original) effects.push(this.#merging.reconfigure(merging(options.original)));
    if (effects.length > 0) this.view.dispatch({ effects });
    if (before.fileName !== options.fileName) void this.#loadLanguage(options.fileName);
  }

  /** Puts another text in the place of this one, changing only what differs, so that the view stays where it is. */
  replace(text: string): void {
    const here = this.view.state.doc.toString();
    if (here === text) return;
    const changes = presentableDiff(here, text).map(({ fromA, toA, fromB, toB }) => ({
      from: fromA,
      to: toA,
      insert: text.slice(fromB, toB),
    }));
    this.view.dispatch({ changes });
  }

  destroy(): void {
    this.view.destroy();
  }

  async #loadLanguage(fileName: string): Promise<void> {
    const found = LanguageDescription.matchFilename(languages, fileName);
    if (!found || this.view.state.doc.length > COLOURED) return;
    try {
      const support = await found.load();
      this.view.dispatch({ effects: this.#language.reconfigure(support) });
    } catch {
      // The colours could not be loaded, e.g. because the page's server is gone: the text is all there.
    }
  }
}

/** How many differences of a merge are left; none where nothing is merged. */
function undecided(state: EditorState): number {
  return getChunks(state)?.chunks.length ?? 0;
}

function base({ onChange, onMark, onUndecided }: EditorEvents): Extension {
  return [
    markedLines(onMark),
    foldGutter(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onChange(update.state.doc);
      const left = undecided(update.state);
      if (left !== undecided(update.startState)) onUndecided(left);
    }),
    codeTheme,
  ];
}

function writing({ readOnly, label }: EditorOptions): Extension {
  return [
    EditorState.readOnly.of(readOnly),
    EditorView.editable.of(!readOnly),
    EditorView.contentAttributes.of({ "aria-label": label, "data-testid": "code", tabindex: "0" }),
    // Esc and then Tab leaves the field, as in every CodeMirror.
    readOnly ? [] : keymap.of([indentWithTab]),
  ];
}

function merging(original: string | null): Extension {
  if (original === null) return [];
  return unifiedMergeView({ original, mergeControls: mergeButton, collapseUnchanged: { margin: 3, minSize: 6 } });
}

/** What the two buttons of a difference are called: to accept is to keep what stands here. */
const MERGE_WORDS = { accept: "Keep mine", reject: "Take theirs" } as const;

function mergeButton(type: "accept" | "reject", act: (event: MouseEvent) => void): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = MERGE_WORDS[type];
  button.addEventListener("click", act);
  return button;
}
