/** How YAML looks: colours of the page's own tokens, which are there for day and for night. */

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const FINDINGS = { error: "var(--bad)", warning: "var(--warn)", info: "var(--here-ink)" };
// A form beside the colour, so that they are told apart without it.
const SIGNS = { error: '"✕"', warning: '"!"', info: '"i"' };

/** The library draws findings by pictures within its styles, which the page's rules do not allow. */
const findings = Object.entries(FINDINGS).flatMap(([severity, color]) => [
  [
    `.cm-lintRange-${severity}`,
    { backgroundImage: "none", textDecoration: `underline wavy ${color}`, textDecorationSkipInk: "none" },
  ],
  [
    `.cm-lint-marker-${severity}`,
    { content: "normal", color, fontWeight: "700", textAlign: "center", lineHeight: "1.2" },
  ],
  [`.cm-lint-marker-${severity}:before`, { content: SIGNS[severity as keyof typeof SIGNS] }],
  [`.cm-diagnostic-${severity}`, { borderLeft: `4px solid ${color}` }],
]);

const theme = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--surface)", color: "var(--ink)", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "none" }, // what stands around it has it
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)", padding: "0.5rem 0" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--ground)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--here)", color: "var(--here-ink)" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { boxShadow: "inset 0 0 0 1px var(--line)" },
  "& .cm-scroller .cm-selectionLayer .cm-selectionBackground": { background: "var(--here)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--here)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--here)", outline: "1px solid var(--accent)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-surface)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--here)" },
  ".cm-selectionMatch": { backgroundColor: "var(--groove)" },
  ".cm-panels, .cm-panels.cm-panels-top, .cm-panels.cm-panels-bottom": {
    backgroundColor: "var(--ground)", color: "var(--ink)", borderColor: "var(--line)",
  },
  ".cm-panel.cm-search label": { fontSize: "0.875rem" },
  ".cm-panel input[type=checkbox]": { accentColor: "var(--accent)" },
  ".cm-textfield": { backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--edge)", fontSize: "0.875rem" },
  ".cm-button": {
    backgroundImage: "none", backgroundColor: "var(--surface)", color: "var(--ink)",
    border: "1px solid var(--edge)", borderRadius: "0.375rem", fontSize: "0.875rem",
    "&:active": { backgroundImage: "none", backgroundColor: "var(--groove)" },
  },
  ".cm-panel.cm-search [name=close]": { color: "var(--ink)" },
  ".cm-panel.cm-panel-lint ul [aria-selected]": { backgroundColor: "var(--here)", color: "var(--here-ink)" },
  ".cm-panel.cm-panel-lint ul:focus [aria-selected]": { backgroundColor: "var(--here)", color: "var(--here-ink)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--edge)", borderRadius: "0.375rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.85" },
  ".cm-completionInfo": { maxWidth: "22rem", whiteSpace: "pre-line" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--groove)", color: "var(--muted)", border: "1px solid var(--edge)" },
  ...Object.fromEntries(findings),
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--here-ink)", fontWeight: "550" },
  { tag: [tags.string, tags.attributeValue], color: "var(--info-ink)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.typeName, tags.labelName], color: "var(--warn)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace, tags.meta], color: "var(--muted)" },
]);

export const look = [theme, syntaxHighlighting(colours)];
