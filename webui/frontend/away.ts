/** Writes the service worker, which keeps the page `away.html` and all that this one needs. */

import type { Plugin, Rolldown } from "vite";

const SOURCE = "src/away/service-worker.js";
const PAGE = "away.html";

export function away(): Plugin {
  return {
    name: "away",
    apply: "build",
    enforce: "post",
    async generateBundle(_options, bundle) {
      const files = [PAGE, ...needed(bundle)];
      // Another name for each build whose page is another: so a browser takes the new one in.
      const name = `away-${await digest(files.map((one) => content(bundle[one]!)).join())}`;
      const source = (await this.fs.readFile(SOURCE, { encoding: "utf8" }))
        .replace('"away-of-this-build"', JSON.stringify(name))
        .replace('["its-files"]', JSON.stringify(files.map((one) => `/static/${one}`)));
      this.emitFile({ type: "asset", fileName: "service-worker.js", source });
    },
  };
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(bytes).slice(0, 8)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

function content(output: Rolldown.OutputAsset | Rolldown.OutputChunk): string {
  return String(output.type === "chunk" ? output.code : output.source);
}

/** Return the scripts and styles that the page names, and what these import. */
function needed(bundle: Rolldown.OutputBundle): string[] {
  const page = content(bundle[PAGE]!);
  const found = [...page.matchAll(/\/static\/(assets\/[^"]+)"/g)].map(([, name]) => name!);
  for (const name of found) {
    const output = bundle[name];
    if (output?.type !== "chunk") continue;
    found.push(...output.imports.filter((one) => !found.includes(one)));
  }
  return found;
}
