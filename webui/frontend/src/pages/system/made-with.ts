/** What this page is made with, as the file that fixes the versions tells. */

import lock from "../../../package-lock.json";

interface Locked {
  version?: string;
  license?: string;
  dev?: boolean;
}

/** What is built into the page; the rest only builds it. */
const INSIDE = ["svelte", "uplot"];

export const packages = INSIDE.map((name) => {
  const found = (lock.packages as Record<string, Locked>)[`node_modules/${name}`];
  return { name, version: found?.version ?? "", licence: found?.license ?? "" };
});
