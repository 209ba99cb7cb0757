import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/static/",
  plugins: [svelte()],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the page's own rules allow no data: addresses
    modulePreload: { polyfill: false }, // nor scripts within the page
  },
  worker: { format: "es" },
});
