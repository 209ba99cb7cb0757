/**
 * An editor of YAML over CodeMirror, a file of its own that is fetched when somebody opens it.
 *
 * It stands in a shadow root: there the library hands its styles to the browser as objects, while
 * in the document it would write style elements, which the page's rules refuse.
 */

import {
  autocompletion, closeBrackets, closeBracketsKeymap, type Completion, completionKeymap,
  type CompletionContext, type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching, foldGutter, foldKeymap, indentService, indentUnit,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension, type Text } from "@codemirror/state";
import {
  drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers,
} from "@codemirror/view";

import { look } from "./look";
import { spanOf } from "./span";
import { type Where, whereIs } from "./where";

/** Something wrong at a line; lines and columns are counted from 1. */
export interface Mark {
  line: number;
  column: number;
  severity: "error" | "warning" | "info";
  message: string;
}

/** Something that could stand where somebody types. */
export interface Offer {
  text: string;
  /** What it is, in a word or two. */
  detail?: string;
  /** What it is for. */
  about?: string;
}

export type Complete = (where: Where) => Offer[] | Promise<Offer[]>;

export interface Given {
  text: string;
  /** What a screen reader calls it. */
  label: string;
  readonly: boolean;
  /** What number its first line has, where it is a part of a file. */
  first: number;
  /** The library's own words, in the viewer's language. */
  phrases: Record<string, string>;
  complete?: Complete;
  /** Called at each pause, and when the editor is left, with the text as it is then. */
  onchange?: (text: string) => void;
}

/** How long nothing is typed before it counts as a pause. */
const PAUSE_MS = 600;

/** A line begins below the one above it, and what belongs to a key further right. */
const indented = indentService.of((context, pos) => {
  const { text } = context.lineAt(pos, -1);
  const indent = text.length - text.trimStart().length;
  return /:\s*(#.*)?$/.test(text) ? indent + context.unit : indent;
});

export class YamlEditor {
  readonly #view: EditorView;
  readonly #fixed = new Compartment();
  #given: Given;
  #told: Text;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** As the text came: the library has its own within. */
  #lineEnd: string;

  constructor(root: ShadowRoot, given: Given) {
    this.#given = given;
    this.#lineEnd = lineEndOf(given.text);
    const state = EditorState.create({
      doc: given.text,
      extensions: [this.#fixed.of(this.#changing(given)), this.#extensions()],
    });
    this.#told = state.doc;
    this.#view = new EditorView({ state, parent: root, root });
  }

  /** Take another text, unless somebody is typing: then theirs is told at the next pause.
   *
   *  Only what differs is put there, so that the cursor stays where it was. */
  take(text: string): void {
    const { doc } = this.#view.state;
    if (!doc.eq(this.#told)) return;
    const wanted = this.#view.state.toText(text);
    const span = spanOf(doc.toString(), wanted.toString());
    this.#told = wanted;
    this.#lineEnd = lineEndOf(text);
    if (span) this.#view.dispatch({ changes: span });
  }

  /** Show what is wrong, each where it stands. */
  mark(marks: readonly Mark[]): void {
    this.#view.dispatch(setDiagnostics(this.#view.state, marks.map((mark) => this.#placed(mark))));
  }

  /** Be called otherwise, say it in another language, or let nothing be typed. */
  change(given: Given): void {
    this.#given = given;
    this.#view.dispatch({ effects: this.#fixed.reconfigure(this.#changing(given)) });
  }

  /** Go to a line, which begins with 1, and stay there. */
  go(line: number): void {
    const { doc } = this.#view.state;
    const { from } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    this.#view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    this.#view.focus();
  }

  /** Tell what was typed, without waiting for a pause. */
  tell(): void {
    clearTimeout(this.#timer);
    const { doc } = this.#view.state;
    if (doc.eq(this.#told)) return;
    this.#told = doc;
    this.#given.onchange?.(doc.sliceString(0, doc.length, this.#lineEnd));
  }

  end(): void {
    this.tell();
    this.#view.destroy();
  }

  /** Return what may change while it is open. */
  #changing({ label, readonly, phrases }: Given): Extension {
    return [
      EditorView.contentAttributes.of({ "aria-label": label, "aria-readonly": String(readonly) }),
      EditorState.readOnly.of(readonly),
      EditorState.phrases.of(phrases),
    ];
  }

  #extensions(): Extension {
    // Not Tab, neither to indent nor to complete: by it one leaves.
    const keys = [
      ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap,
      ...completionKeymap, ...lintKeymap,
    ];
    return [
      yaml(), indentUnit.of("  "), indented,
      lineNumbers({ formatNumber: (line) => String(line + this.#given.first - 1) }),
      foldGutter(), lintGutter(), history(),
      drawSelection(), bracketMatching(), closeBrackets(), highlightActiveLine(),
      highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }),
      autocompletion({ override: [(context) => this.#offers(context)], icons: false }),
      keymap.of(keys), look,
      EditorView.updateListener.of((update) => {
        if (update.docChanged) this.#typed();
        if (update.focusChanged && !update.view.hasFocus) this.tell();
      }),
    ];
  }

  #typed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tell(), PAUSE_MS);
  }

  #placed({ line, column, severity, message }: Mark): Diagnostic {
    const { doc } = this.#view.state;
    const { from, to, text } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    const first = text.length - text.trimStart().length;
    const at = Math.min(from + Math.max(column > 1 ? column - 1 : first, 0), to);
    return { from: at, to: Math.max(at, from + text.trimEnd().length), severity, message };
  }

  async #offers(context: CompletionContext): Promise<CompletionResult | null> {
    const { state, pos } = context;
    const line = state.doc.lineAt(pos);
    const lines = state.doc.sliceString(0, pos).split("\n");
    const where = whereIs(lines);
    if (!where || !this.#given.complete || state.readOnly) return null;
    if (!context.explicit && !where.typed && where.key === null) return null;
    const offers = await this.#given.complete(where);
    const options = offers.map(({ text, detail, about }): Completion => ({ label: text, detail, info: about }));
    const from = Math.max(pos - where.typed.length, line.from);
    return options.length ? { from, options, validFor: /^[\w./-]*$/ } : null;
  }
}

function lineEndOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}
