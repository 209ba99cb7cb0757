/** What the editor's library says of itself, in the viewer's language. */

import { t } from "../../../../wording/wording.svelte";

/** Return its own words, each with what is said instead. */
export const phrases = (): Record<string, string> => ({
  Completions: t("flow-edit.offers"),
  Diagnostics: t("flow-edit.findings"),
  "No diagnostics": t("flow-edit.no-findings"),
  "Control character": t("flow-edit.control-character"),
  "Selection deleted": t("flow-edit.deleted"),
  "Fold line": t("flow-edit.fold"),
  "Unfold line": t("flow-edit.unfold"),
  "Folded lines": t("flow-edit.folded-lines"),
  "Unfolded lines": t("flow-edit.unfolded-lines"),
  to: t("flow-edit.up-to"),
  "folded code": t("flow-edit.folded"),
  unfold: t("flow-edit.unfold"),
  Find: t("flow-edit.find"),
  Replace: t("flow-edit.replace-by"),
  next: t("flow-edit.next"),
  previous: t("flow-edit.previous"),
  all: t("flow-edit.all"),
  "match case": t("flow-edit.case"),
  regexp: t("flow-edit.pattern"),
  "by word": t("flow-edit.words"),
  replace: t("flow-edit.replace"),
  "replace all": t("flow-edit.replace-all"),
  close: t("flow-edit.close"),
  "current match": t("flow-edit.match"),
  "on line": t("flow-edit.on-line"),
  "replaced match on line $": t("flow-edit.replaced"),
  "replaced $ matches": t("flow-edit.replaced-all"),
  "Go to line": t("flow-edit.go-to-line"),
  go: t("flow-edit.go"),
});
