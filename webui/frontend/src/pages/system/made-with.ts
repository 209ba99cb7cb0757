/** What this page is made with, as the file that fixes the versions tells. */

import lock from "../../../package-lock.json";

interface Locked {
  version?: string;
  license?: string;
  dev?: boolean;
}

/** What is built into the page; the rest only builds it. */
const INSIDE = [
  "svelte",
  "uplot",
  "@codemirror/autocomplete",
  "@codemirror/commands",
  "@codemirror/lang-yaml",
  "@codemirror/language",
  "@codemirror/lint",
  "@codemirror/search",
  "@codemirror/state",
  "@codemirror/view",
  "@lezer/common",
  "@lezer/highlight",
  "@lezer/lr",
  "@lezer/yaml",
  "@marijn/find-cluster-break",
  "crelt",
  "style-mod",
  "w3c-keyname",
];

export const packages = INSIDE.map((name) => {
  const found = (lock.packages as Record<string, Locked>)[`node_modules/${name}`];
  return { name, version: found?.version ?? "", licence: found?.license ?? "" };
});
