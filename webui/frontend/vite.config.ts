import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

import { away } from "./away";
import { icons } from "./icons";

/** What each page needs: one file instead of thirty, which is quicker to fetch and packs better. */
const BASE =
  /node_modules\/(svelte|esm-env)|src\/(shell\/(?!Looks)|live|ask|figures|wording\/wording)|src\/parts\/(Busy|Card|Dialog|Heading|Icon|Since|Toasts|form|proof|question|toasts)\./;

export default defineConfig({
  base: "/static/",
  plugins: [svelte(), icons(), away()],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    manifest: "built.json", // which file is made of what, for the tests of what a page loads
    assetsInlineLimit: 0, // the page's own rules allow no data: addresses
    rolldownOptions: {
      input: ["index.html", "away.html"],
      output: { codeSplitting: { groups: [{ name: "base", test: BASE }] } },
    },
    modulePreload: { polyfill: false }, // nor scripts within the page
  },
  worker: { format: "es" },
});
